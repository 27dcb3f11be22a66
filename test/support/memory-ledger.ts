/** A ledger in memory, with everything the port asks for but a disk. */

import { checkName } from '../../src/core/names.js';
import { isPending, type LedgerEntry, resolveEntry } from '../../src/evaluation/ledger.js';
import type { ForecastLedger } from '../../src/ports/ledger.js';
import type { RecordedForecast } from '../../src/wire/ledger.js';
import type { LedgerQuery } from '../../src/wire/request.js';

interface Frozen {
  readonly recording: RecordedForecast;
  entry: LedgerEntry;
}

/** @example const ledger = openMemoryLedger(); */
export function openMemoryLedger(): ForecastLedger {
  const names = new Map<string, Frozen[]>();
  /** Newest first. */
  const listOf = (name: string): Frozen[] => names.get(checkName(name)) ?? [];
  const find = (name: string, { version, asOfMs }: { readonly version: number; readonly asOfMs: number }) =>
    listOf(name).find(({ entry }) => entry.version === version && entry.asOfMs === asOfMs);

  const freeze = (recording: RecordedForecast): LedgerEntry => {
    const known = find(recording.name, recording);
    if (known !== undefined) return known.entry;
    const { inputs: _inputs, ...forecast } = structuredClone(recording);
    const entry: LedgerEntry = { ...forecast, outcome: null, isUnscorable: false };
    const frozen = [...listOf(recording.name), { recording: structuredClone(recording), entry }];
    names.set(
      recording.name,
      frozen.sort((a, b) => b.entry.asOfMs - a.entry.asOfMs || b.entry.version - a.entry.version),
    );
    return entry;
  };

  const pageOf = ({ name, version, beforeMs = Number.POSITIVE_INFINITY, limit }: LedgerQuery) => {
    const all = listOf(name).filter(
      ({ entry }) => entry.asOfMs < beforeMs && (version === undefined || entry.version === version),
    );
    if (all.length <= limit) return { page: all, nextBeforeMs: null };
    const cutMs = all[limit].entry.asOfMs;
    const whole = all.slice(0, limit).filter(({ entry }) => entry.asOfMs !== cutMs);
    const page = whole.length > 0 ? whole : all.slice(0, limit);
    return { page, nextBeforeMs: page.at(-1)?.entry.asOfMs ?? null };
  };

  return {
    async append(forecasts) {
      for (const { name } of forecasts) checkName(name);
      return forecasts.map(freeze);
    },
    async resolve(name, resolutions, forecasts = []) {
      const resolved = resolutions.flatMap((resolution) => {
        const found = find(name, resolution);
        if (found === undefined) return [];
        if (isPending(found.entry)) found.entry = resolveEntry(found.entry, structuredClone(resolution));
        return [found.entry];
      });
      return [...resolved, ...forecasts.map(freeze)];
    },
    async pending(name) {
      return listOf(name)
        .map(({ entry }) => entry)
        .filter(isPending)
        .reverse();
    },
    async read(query) {
      const { page, nextBeforeMs } = pageOf(query);
      return { entries: page.map(({ entry }) => entry), nextBeforeMs, problems: [] };
    },
    async recordings(query) {
      return pageOf(query).page.map(({ recording }) => recording);
    },
    async *scan(name, version) {
      yield listOf(name)
        .map(({ entry }) => entry)
        .filter((entry) => entry.version === version)
        .reverse();
    },
  };
}
