import { testEngineContract } from '../engine.contract.js';
import { createNativeEngine } from './native-engine.js';

testEngineContract('native', () => createNativeEngine(), { tolerance: 1e-5 });
