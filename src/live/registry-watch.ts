/** What the registry says of one model, read again only when it has changed. */

import type { ChampionPointer, ModelRegistry } from '../ports/registry.js';

export class RegistryWatch {
  readonly #name: string;
  readonly #registry: ModelRegistry;
  /** The registry's when it was read last; `undefined` where it must be read again. */
  #stamp: string | undefined;
  #pointer: ChampionPointer | undefined;
  #versions: readonly number[] = [];
  #trainedUpToMs: number | undefined;
  #problem: unknown;

  constructor(name: string, registry: ModelRegistry) {
    this.#name = name;
    this.#registry = registry;
  }

  get pointer(): ChampionPointer | undefined {
    return this.#pointer;
  }

  /** Ascending. */
  get versions(): readonly number[] {
    return this.#versions;
  }

  /** Open time of the newest candle that any version has been trained on, champion or not. */
  get trainedUpToMs(): number | undefined {
    return this.#trainedUpToMs;
  }

  /** Why the registry cannot be read; what was read last stays. */
  get problem(): unknown {
    return this.#problem;
  }

  /** @param stamp the registry's of this model; it is read whatever it has when absent */
  async look(stamp?: string): Promise<void> {
    if (stamp !== undefined && stamp === this.#stamp) return;
    this.#stamp = undefined;
    try {
      const pointer = await this.#registry.champion(this.#name);
      const versions = await this.#registry.listVersions(this.#name);
      await this.#noteTraining(versions);
      this.#pointer = pointer;
      this.#versions = versions;
      this.#problem = undefined;
      this.#stamp = stamp;
    } catch (error) {
      this.#problem = error;
    }
  }

  async #noteTraining(versions: readonly number[]): Promise<void> {
    const newest = versions.at(-1);
    if (newest === undefined || newest === this.#versions.at(-1)) return;
    const manifest = await this.#registry.readManifest(this.#name, newest).catch(() => undefined);
    this.#trainedUpToMs = manifest?.data.lastOpenTimeMs ?? this.#trainedUpToMs;
  }
}
