/** What is in force in a workspace, for programs: its config, its settings, the features there are. */

import { DEFAULT_FEATURE_NAMES, listCatalogue } from '../features/catalogue.js';
import { columnKey } from '../features/column-feature.js';
import type { WorkspaceConfig } from '../options/config.js';
import type { Environment, OptionPlaces } from '../options/given-options.js';
import { listSettings, type Setting } from '../options/settings.js';
import type { TrainOptionsInput } from '../options/train-options.js';
import { type InitialisedWorkspace, type InitOptions, initWorkspace } from './init-workspace.js';

export interface WorkspaceSettings {
  readonly home: string;
  /** `null` where there is none. */
  readonly configFile: string | null;
  readonly values: readonly Setting[];
}

export interface FeatureListing {
  readonly name: string;
  readonly description: string;
  /** Candles before its first value. */
  readonly warmUpRows: number;
}

export interface FeatureListings {
  /** Names of those that are used where none are named. */
  readonly defaults: readonly string[];
  readonly catalogue: readonly FeatureListing[];
  /** Custom features and columns of the config. */
  readonly own: readonly FeatureListing[];
}

export interface SettingsFunctions {
  /** The config as it stands now, checked; an empty one where there is none. @throws TradeAiError `CONFIG_INVALID` */
  config(): Promise<WorkspaceConfig>;
  /**
   * Every value in force, and where it comes from; secrets are not shown.
   *
   * @param options as a training would be given them
   * @throws TradeAiError `CONFIG_INVALID`, and what a training would say of its options
   */
  settings(options?: Partial<TrainOptionsInput>): Promise<WorkspaceSettings>;
  /** The features there are, those of the config among them. @throws TradeAiError `CONFIG_INVALID` */
  features(): Promise<FeatureListings>;
  /** Writes a `tradeai.config.ts` with a comment on everything. @throws TradeAiError `USAGE` where there is a config */
  init(options?: InitOptions): Promise<InitialisedWorkspace>;
}

/**
 * @param readPlaces where options stand beside the call
 * @param environment where the secrets stand that the config names
 */
export function openSettingsFunctions(
  home: string,
  readPlaces: () => Promise<OptionPlaces>,
  environment: Environment,
): SettingsFunctions {
  return {
    config: async () => (await readPlaces()).config,
    async settings(options = {}) {
      const places = await readPlaces();
      const { path } = places.config;
      return { home, configFile: path === '' ? null : path, values: listSettings(options, places, environment) };
    },
    async features() {
      const { columns, customFeatures } = (await readPlaces()).config;
      return {
        defaults: DEFAULT_FEATURE_NAMES,
        catalogue: listCatalogue().map(({ name, description, warmUpRows }) => ({ name, description, warmUpRows })),
        own: [
          ...customFeatures.map(({ name, description, warmUp }) => ({ name, description, warmUpRows: warmUp })),
          ...columns.map(({ name, file, value, delay, symbol }) => ({
            name: columnKey(name),
            description: `${value} of ${file}, known ${delay} after its time${symbol === undefined ? '' : `, of ${symbol}`}`,
            warmUpRows: 1,
          })),
        ],
      };
    },
    init: (options) => initWorkspace(home, options),
  };
}
