import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findKernelFolder } from '../../kernel-files.js';
import { loadBinding } from './binding.js';

describe('the native binding', () => {
  test('is refused with a reason where the module is of another processor', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tradeai-kernel-'));
    try {
      // The head of an ELF file for a machine that is not (e_machine 0xffff).
      const elf = Buffer.alloc(64);
      elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0);
      elf.writeUInt16LE(3, 16);
      elf.writeUInt16LE(0xffff, 18);
      await writeFile(join(folder, 'lstm.node'), elf);
      await expect(loadBinding(folder)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
      await rm(join(folder, 'lstm.node'));
      await expect(loadBinding(folder)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('survives whatever JavaScript passes, and answers with its own errors', async () => {
    const { fuzzBinding } = await import(new URL('../../../../kernel/fuzz.mjs', import.meta.url).href);
    const { accepted, refused } = await fuzzBinding(await loadBinding(), { seed: 5, rounds: 1500 });
    expect(accepted).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(500);
  });

  // Networks hold threads and a handle of the event loop; the end of the process must not trip over them.
  test.each([
    ['with open networks', 'process.exit(0)'],
    ['with a call running', 'for (const n of networks) train(n); setTimeout(() => process.exit(0), 20)'],
    ['with open networks and nothing to do', ''],
    [
      'with the data closed under a running call',
      'train(networks[0]); binding.closeDataset(dataset); setTimeout(() => process.exit(0), 20)',
    ],
    [
      'with a network closed while it runs',
      'train(networks[0]); setTimeout(() => binding.closeNetwork(networks[0]), 20)',
    ],
  ])('lets a process end %s', async (_, end) => {
    const program = `
      const binding = require(process.argv[1]);
      const variant = binding.listVariants()[0];
      const dataset = binding.openDataset(4, new Float32Array(400), new Float32Array(100));
      const networks = Array.from({ length: 8 }, () => binding.openNetwork(dataset, variant,
        Float64Array.of(4, 32, 1, 20, 32, 2), Float64Array.of(0, 0, 1, 0, 0.9, 0.999, 1e-8, 0)));
      const rows = Int32Array.from({ length: 2e6 }, (_, index) => 19 + (index % 80));
      const train = (network) => binding.trainEpoch(network, rows, 32, 1e-3, 0, () => {});
      for (const network of networks) binding.setThreads(network, 2);
      ${end}`;
    const module = join(await findKernelFolder(), 'lstm.node');
    const { status, signal } = spawnSync(process.execPath, ['-e', program, module], { timeout: 120_000 });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });
});
