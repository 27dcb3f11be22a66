/** The one place that picks implementations. Heavy modules are loaded only when they are used. */

import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';
import type { CandleSource, Ports } from '../pipeline/ports.js';
import type { EngineChoice } from '../pipeline/train-options.js';
import { createBinanceSource } from '../sources/binance/source.js';
import { createDemoSource } from '../sources/demo.js';
import { readCandleFile } from '../sources/file/read-candle-file.js';
import { openCandleStore } from '../storage/candle-store.js';
import { openCheckpointStore } from '../storage/checkpoint-store.js';
import { openFileRegistry } from '../storage/file-registry.js';
import { readCodeVersion } from './code-version.js';

export interface Composition {
  /** The workspace. */
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  /** News of the adapters that a person should see: a retry, an engine that fell back. */
  readonly onNote: (text: string) => void;
}

export function composePorts({ home, environment, onNote: tell }: Composition): Ports {
  const told = new Set<string>();
  // An engine that fell back says so once, however many are opened.
  const tellOnce = (text: string) => {
    if (!told.has(text)) tell(text);
    told.add(text);
  };
  return {
    now: Date.now,
    codeVersion: readCodeVersion(),
    store: openCandleStore(home),
    registry: openFileRegistry(home),
    checkpoints: openCheckpointStore(home),
    readCandleFile,
    openSource: (name) => openSource(name, environment, tell),
    createEngine: (choice, threads) => createEngine(choice, threads, environment, tellOnce),
  };
}

function openSource(name: string, environment: NodeJS.ProcessEnv, onNote: (text: string) => void): CandleSource {
  switch (name) {
    case 'binance':
      return createBinanceSource({ baseUrl: environment.TRADEAI_BINANCE_URL, log: onNote });
    case 'demo':
      return createDemoSource();
    default:
      throw new TradeAiError('USAGE', `unknown source ${JSON.stringify(name)}`, {
        hint: 'use binance, demo or file (candles brought in with `tradeai data import`), or --data FILE',
      });
  }
}

/** Instruction sets, as `TRADEAI_ISA` names them, that only the WebAssembly engine has. */
const WASM_VARIANTS = ['relaxed-simd', 'simd128'];

/** `auto` takes the native engine, else WebAssembly, and says so. */
async function createEngine(
  choice: EngineChoice,
  threads: number,
  environment: NodeJS.ProcessEnv,
  onNote: (text: string) => void,
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
