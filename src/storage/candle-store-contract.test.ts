import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { openMemoryCandleStore } from '../../test/support/memory-candle-store.js';
import { testCandleStoreContract } from '../ports/candle-store.contract.js';
import { openCandleStore } from './candle-store.js';

const folder = mkdtempSync(join(tmpdir(), 'tradeai-contract-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('in memory', () => testCandleStoreContract(openMemoryCandleStore));

describe('in files', () => testCandleStoreContract(() => openCandleStore(mkdtempSync(join(folder, 'home-')))));
