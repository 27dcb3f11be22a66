import { beforeEach, describe } from 'vitest';
import { openMemoryLedger } from '../../test/support/memory-ledger.js';
import { testLedgerContract } from './ledger.contract.js';
import type { ForecastLedger } from './ledger.js';

describe('a ledger in memory', () => {
  let ledger: ForecastLedger;
  beforeEach(() => {
    ledger = openMemoryLedger();
  });
  testLedgerContract(() => ledger);
});
