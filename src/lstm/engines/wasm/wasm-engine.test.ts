import { testEngineContract } from '../engine.contract.js';
import { createWasmEngine } from './wasm-engine.js';

testEngineContract('wasm', () => createWasmEngine({ threads: 2 }), { tolerance: 1e-5 });
