/** The one place that picks implementations. Heavy modules are loaded only when they are used. */

import { join, resolve } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';
import { BINANCE, IMPORT, SIMULATION } from '../market/candle-origin.js';
import type { Environment } from '../options/given-options.js';
import type { EngineChoice } from '../options/train-options.js';
import type { CandleSource } from '../ports/candle-source.js';
import type { TakeNote } from '../ports/note.js';
import type { Ports } from '../ports/ports.js';
import { createBinanceSource } from '../sources/binance/source.js';
import { createCcxtSource } from '../sources/ccxt/source.js';
import { createDemoSource } from '../sources/demo.js';
import { readCandleFile } from '../sources/file/read-candle-file.js';
import { readColumnFile } from '../sources/file/read-column-file.js';
import { writeCandleFile } from '../sources/file/write-candle-file.js';
import { stateFolderOf } from '../sources/http/state-folder.js';
import { openCandleStore } from '../storage/candle-store.js';
import { openCheckpointStore } from '../storage/checkpoint-store.js';
import { openFileRegistry } from '../storage/file-registry.js';
import { openForecastLedger } from '../storage/forecast-ledger.js';
import { openQuarantine } from '../storage/quarantine.js';
import { readVersionArchive, writeVersionArchive } from '../storage/version-archive.js';
import { checkWorkspaceFormat } from '../storage/workspace-format.js';
import { readCodeVersion } from './code-version.js';
import { readWorkspaceConfig } from './workspace-config.js';

export interface Composition {
  /** The workspace. */
  readonly home: string;
  readonly environment: Environment;
  /** News of the adapters that a person should see: a retry, an engine that fell back. */
  readonly onNote: TakeNote;
}

/** @throws TradeAiError `WORKSPACE_NEWER` */
export function composePorts({ home, environment, onNote: tell }: Composition): Ports {
  checkWorkspaceFormat(home);
  const codeVersion = readCodeVersion();
  const told = new Set<string>();
  const sources = new Map<string, CandleSource>();
  // An engine that fell back says so once, however many are opened.
  const tellOnce = (text: string) => {
    if (!told.has(text)) tell(text);
    told.add(text);
  };
  return {
    now: Date.now,
    codeVersion,
    store: openCandleStore(home, codeVersion),
    quarantine: openQuarantine(home),
    registry: openFileRegistry(home),
    checkpoints: openCheckpointStore(home),
    ledger: openForecastLedger(home, tell),
    readCandleFile,
    writeCandleFile,
    readColumnFile: (path, options) => readColumnFile(resolve(home, path), options),
    loadCustomFeatures: async () => (await readWorkspaceConfig(home)).customFeatures,
    readVersionArchive,
    writeVersionArchive,
    openSource: (name) => {
      // One client an exchange, so that symbols fetched at the same time keep its pace together.
      const source = sources.get(name) ?? openSource(name, { home, environment, onNote: tell });
      sources.set(name, source);
      return source;
    },
    createEngine: (choice, threads) => createEngine(choice, threads, environment, tellOnce),
  };
}

/** Says which server a workspace has, while it has one. */
export function serverFileOf(home: string): string {
  return join(home, 'data', 'server.json');
}

function openSource(name: string, { home, environment, onNote }: Composition): CandleSource {
  switch (name) {
    case BINANCE.name:
      return createBinanceSource({
        baseUrl: environment.TRADEAI_BINANCE_URL,
        archiveUrl: environment.TRADEAI_BINANCE_ARCHIVE_URL,
        downloadFolder: join(home, 'data', 'downloads', name),
        stateFolder: stateFolderOf(environment),
        log: onNote,
      });
    case SIMULATION.name:
      return createDemo(environment);
    default:
      if (name.startsWith(CCXT_PREFIX)) {
        return createCcxt(name.slice(CCXT_PREFIX.length), { home, environment, onNote });
      }
      throw new TradeAiError('USAGE', `unknown source ${JSON.stringify(name)}`, {
        commandHint: `use ${BINANCE.name}, ccxt:<exchange>, ${SIMULATION.name} or ${IMPORT.name} (candles brought in with \`tradeai data import\`), or --data FILE`,
      });
  }
}

/** Set for itself and its trainings by a demo that is served: its market opens then, and lives as long as the clock. */
export const DEMO_OPENED_VARIABLE = 'TRADEAI_DEMO_OPENED_MS';

function createDemo(environment: Environment): CandleSource {
  const openedMs = Number(environment[DEMO_OPENED_VARIABLE]);
  return openedMs > 0 ? createDemoSource({ openedMs, rowCount: Number.POSITIVE_INFINITY }) : createDemoSource();
}

const CCXT_PREFIX = 'ccxt-';

function createCcxt(exchangeId: string, { environment, onNote }: Composition): CandleSource {
  return createCcxtSource({
    exchangeId,
    baseUrl: environment.TRADEAI_CCXT_URL,
    stateFolder: stateFolderOf(environment),
    log: onNote,
  });
}

/** Instruction sets, as `TRADEAI_ISA` names them, that only the WebAssembly engine has. */
const WASM_VARIANTS = ['relaxed-simd', 'simd128'];

/** `auto` takes the native engine, else WebAssembly, and says so. */
async function createEngine(
  choice: EngineChoice,
  threads: number,
  environment: Environment,
  onNote: TakeNote,
): Promise<LstmEngine> {
  const threadCount = threads === 0 ? undefined : threads;
  switch (choice) {
    case 'reference':
      return createReferenceEngine();
    case 'native': {
      const { createNativeEngine } = await import('../lstm/engines/native/native-engine.js');
      return createNativeEngine({ threads: threadCount, isa: environment.TRADEAI_ISA });
    }
    case 'wasm': {
      const { createWasmEngine } = await import('../lstm/engines/wasm/wasm-engine.js');
      return createWasmEngine({ threads: threadCount, isa: environment.TRADEAI_ISA });
    }
    case 'auto':
      if (WASM_VARIANTS.some((variant) => variant === environment.TRADEAI_ISA)) {
        return createEngine('wasm', threads, environment, onNote);
      }
      try {
        return await createEngine('native', threads, environment, onNote);
      } catch (error) {
        if (!(error instanceof TradeAiError && error.code === 'ENGINE_UNAVAILABLE')) throw error;
        onNote(`the native engine is not available (${error.message}); WebAssembly takes over`);
        // An instruction set that the native engine has not is none of WebAssembly's either.
        return createEngine('wasm', threads, { ...environment, TRADEAI_ISA: undefined }, onNote);
      }
    default:
      return choice satisfies never;
  }
}
