import { describe, expect, test } from 'vitest';
import type { CheckpointStore, RunRecord } from './checkpoint-store.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/**
 * What every store of checkpoints must do: keep the progress of each run apart, and give a run to one process at a time.
 *
 * @param open looks at one and the same place from two processes: the second may be killed
 */
export function testCheckpointStoreContract(
  what: string,
  open: () => Promise<{ here: CheckpointStore; there: CheckpointStore }>,
): void {
  const run = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
    id,
    kind: 'train',
    names: ['BTCUSDT'],
    startedBy: 'person',
    ...more,
  });
  const both = { names: ['BTCUSDT', 'ETHUSDT'], kind: 'retrain' } as const;

  describe(`checkpoint store ${what}`, () => {
    test('that is new has no runs, and nothing to load', async () => {
      const { here } = await open();
      expect(await here.listRuns()).toEqual([]);
      expect(await here.load({ runId: 'a', name: 'BTCUSDT' })).toBeUndefined();
    });

    test('refuses a run of a name that is none, and keeps nothing of it', async () => {
      const { here } = await open();
      await expect(here.begin(run('a', { names: ['BTCUSDT', '../x'] }))).rejects.toMatchObject({
        code: 'NAME_INVALID',
      });
      expect(await here.listRuns()).toEqual([]);
    });

    test('gives back the last bytes saved, of each run and name its own', async () => {
      const { here } = await open();
      await here.begin(run('a', both));
      await here.begin(run('b'));
      await here.save({ runId: 'a', name: 'BTCUSDT' }, bytesOf('older'));
      await here.save({ runId: 'a', name: 'BTCUSDT' }, bytesOf('a btc'));
      await here.save({ runId: 'a', name: 'ETHUSDT' }, bytesOf('a eth'));
      await here.save({ runId: 'b', name: 'BTCUSDT' }, bytesOf('b btc'));
      const textOf = async (runId: string, name: string) =>
        Buffer.from((await here.load({ runId, name })) ?? []).toString();
      expect(await textOf('a', 'BTCUSDT')).toBe('a btc');
      expect(await textOf('a', 'ETHUSDT')).toBe('a eth');
      await here.end('b');
      expect(await textOf('b', 'BTCUSDT')).toBe('');
      expect(await textOf('a', 'BTCUSDT')).toBe('a btc');
    });

    test('lists runs oldest first, with what is kept of each, until they are over', async () => {
      const { here } = await open();
      await here.begin(run('b'));
      await here.begin(run('a', both));
      await here.save({ runId: 'a', name: 'ETHUSDT' }, bytesOf('x'));
      expect((await here.listRuns()).map(({ id, checkpoints }) => [id, checkpoints])).toEqual([
        ['a', ['ETHUSDT']],
        ['b', []],
      ]);
      await here.remove({ runId: 'a', name: 'ETHUSDT' });
      await here.end('b');
      expect(await here.listRuns()).toMatchObject([{ ...run('a', both), checkpoints: [] }]);
    });

    test('gives a run to one process at a time, and to the next when it is left', async () => {
      const { here, there } = await open();
      await there.begin(run('a'));
      await there.save({ runId: 'a', name: 'BTCUSDT' }, bytesOf('x'));
      expect(await here.listRuns()).toMatchObject([{ id: 'a', isRunning: true }]);
      expect([await here.isRunning('a'), await there.isRunning('a'), await here.isRunning('b')]).toEqual([
        true,
        false,
        false,
      ]);
      await expect(here.begin(run('a'))).rejects.toMatchObject({ code: 'WORKSPACE_BUSY' });
      await there.leave(run('a'));
      expect(await here.listRuns()).toMatchObject([{ id: 'a', isRunning: false, checkpoints: ['BTCUSDT'] }]);
      expect(await here.isRunning('a')).toBe(false);
      await here.begin(run('a'));
      expect(await there.listRuns()).toMatchObject([{ id: 'a', isRunning: true }]);
    });

    test('leaves a run with the names that are to go on', async () => {
      const { here } = await open();
      await here.begin(run('b', both));
      await here.save({ runId: 'b', name: 'ETHUSDT' }, bytesOf('x'));
      await here.leave(run('b', { ...both, names: ['ETHUSDT'] }));
      expect(await here.listRuns()).toMatchObject([{ id: 'b', names: ['ETHUSDT'], checkpoints: ['ETHUSDT'] }]);
    });

    test('removes what is not there without a word', async () => {
      const { here } = await open();
      await here.remove({ runId: 'a', name: 'BTCUSDT' });
      await here.end('a');
    });
  });
}
