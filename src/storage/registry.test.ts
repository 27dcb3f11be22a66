import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openMemoryRegistry } from '../../test/support/memory-registry.js';
import { testRegistryContract } from '../ports/registry.contract.js';
import { openFileRegistry } from './file-registry.js';

testRegistryContract('in a folder', async (nowMs) => {
  const home = await mkdtemp(join(tmpdir(), 'tradeai-registry-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return openFileRegistry(home, { nowMs });
});

testRegistryContract('in memory', async (nowMs) => openMemoryRegistry({ nowMs }));
