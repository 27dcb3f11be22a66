/** A workspace in the hands of a program: what the verbs of `tradeai` do, as functions. */

import { resolve } from 'node:path';
import { refuseWhileOwned } from '../files/workspace-owner.js';
import type { LstmEngine } from '../lstm/engine.js';
import { parseConfig, type TradeAiConfig } from '../options/config.js';
import type { Environment, OptionPlaces } from '../options/given-options.js';
import { flagOf } from '../options/train-flags.js';
import type { Ports } from '../ports/ports.js';
import { type CandleFunctions, openCandleFunctions } from './candles.js';
import { composePorts, serverFileOf } from './compose.js';
import { type LedgerFunctions, openLedgerFunctions } from './ledger.js';
import { type ModelFunctions, openModelFunctions } from './models.js';
import { openSettingsFunctions, type SettingsFunctions } from './settings.js';
import { openTrainingFunctions, type TrainingFunctions } from './training.js';
import { placeFiles, readWorkspaceConfig } from './workspace-config.js';

export interface WorkspaceOptions {
  /** The folder of models and candles: `TRADEAI_HOME` of the environment, else the working folder, when absent. */
  readonly home?: string;
  /** In place of the `tradeai.config` file of the folder. */
  readonly config?: TradeAiConfig;
  /** Addresses and keys of the adapters, such as `TRADEAI_BINANCE_URL`; `process.env` when absent. */
  readonly environment?: Environment;
  /** News that a person should see: a retry, an engine that fell back. */
  readonly onNote?: (text: string) => void;
}

export interface Workspace
  extends TrainingFunctions,
    ModelFunctions,
    LedgerFunctions,
    CandleFunctions,
    SettingsFunctions {
  /** Its folder, absolute. */
  readonly home: string;
}

/**
 * Opens a workspace: the same files, rules and errors as on the command line, next to which it may be used. Nothing is
 * read or created before a function is called, and nothing has to be closed. Options of trainings come from the calls and
 * the config; the `TRADEAI_…` variables that stand for flags are the command line's.
 *
 * @throws TradeAiError `CONFIG_INVALID` for a wrong `config`
 * @example
 * const workspace = openWorkspace({ home: 'btc' });
 * await workspace.train({ symbol: 'BTCUSDT', epochs: 50 });
 * const { signal, confidence } = await workspace.predict({ symbol: 'BTCUSDT' });
 */
export function openWorkspace(options: WorkspaceOptions = {}): Workspace {
  return composeWorkspace(options);
}

/** What the program itself says of a workspace, and no user of the library. */
export interface Composing {
  /** Options also come from the `TRADEAI_…` variables that stand for flags, and messages spell them as flags. */
  readonly isCommandLine?: boolean;
  /** In place of those that would be composed. */
  readonly ports?: Partial<Ports>;
}

/** Opens a workspace for the command line, or on other ports. @throws TradeAiError `CONFIG_INVALID` */
export function composeWorkspace(
  { home, config, environment = process.env, onNote = () => {} }: WorkspaceOptions,
  { isCommandLine = false, ports: given = {} }: Composing = {},
): Workspace {
  const folder = resolve(home ?? environment.TRADEAI_HOME ?? '.');
  const parsed = config === undefined ? undefined : placeFiles(parseConfig(config, 'config'), folder);
  const readConfig = async () => parsed ?? (await readWorkspaceConfig(folder));
  const composed = composePorts({ home: folder, environment, onNote });
  const ports: Ports = {
    ...composed,
    createEngine: shareEngines(composed.createEngine),
    loadCustomFeatures: async () => (await readConfig()).customFeatures,
    ...given,
  };
  const spell = isCommandLine ? flagOf : (name: string) => name;
  const readPlaces = async (): Promise<OptionPlaces> => ({
    config: await readConfig(),
    environment: isCommandLine ? environment : undefined,
    spell,
  });
  return {
    home: folder,
    ...openTrainingFunctions(ports, readPlaces),
    ...openModelFunctions(ports),
    ...openLedgerFunctions(ports),
    ...openCandleFunctions({
      ports,
      readConfig,
      spell,
      refuseWhileServed: () => refuseWhileOwned(serverFileOf(folder)),
    }),
    ...openSettingsFunctions(folder, readPlaces, environment),
  };
}

/** A program may train and predict for months: one engine of a kind is enough, with its threads. */
function shareEngines(createEngine: Ports['createEngine']): Ports['createEngine'] {
  const engines = new Map<string, Promise<LstmEngine>>();
  return (choice, threads) => {
    const key = `${choice} ${threads}`;
    const known = engines.get(key);
    if (known !== undefined) return known;
    const engine = createEngine(choice, threads);
    engines.set(key, engine);
    // The next call tries again.
    engine.catch(() => engines.delete(key));
    return engine;
  };
}
