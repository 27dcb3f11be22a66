/** Every model of the registry as it is served: new names, new champions and new challengers are followed. */

import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { EngineChoice } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { ServedModel, type ServedModelContext } from './served-model.js';

export interface ServedModelsOptions extends Omit<ServedModelContext, 'engineOf'> {
  readonly ports: Ports;
}

/** Champions that are warmed up at once. */
const MODELS_AT_ONCE = 2;

export class ServedModels {
  readonly #options: ServedModelsOptions;
  readonly #models = new Map<string, ServedModel>();
  /** By what a model asks for; every model shares them. */
  readonly #engines = new Map<EngineChoice, Promise<LstmEngine>>();

  constructor(options: ServedModelsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#models.size;
  }

  get names(): string[] {
    return [...this.#models.keys()];
  }

  list(): ServedModel[] {
    return [...this.#models.values()];
  }

  find(name: string): ServedModel | undefined {
    return this.#models.get(name);
  }

  /** @throws TradeAiError `MODEL_NOT_FOUND` */
  get(name: string): ServedModel {
    const model = this.#models.get(name);
    if (model !== undefined) return model;
    const known = this.names;
    throw new TradeAiError('MODEL_NOT_FOUND', `no model named ${name}`, {
      ...(known.length === 0
        ? { commandHint: 'train one with `tradeai train`' }
        : { hint: `there are ${known.slice(0, 20).join(', ')}` }),
    });
  }

  /** Looks at the registry once: what has not changed is not read. @throws TradeAiError `STORAGE_UNREADABLE` */
  async follow(): Promise<void> {
    const stamps = await this.#options.ports.registry.stamps();
    for (const name of stamps.keys()) {
      if (!this.#models.has(name)) this.#models.set(name, new ServedModel(name, this.#context()));
    }
    for (const name of this.#models.keys()) if (!stamps.has(name)) this.#models.delete(name);
    const models = this.list();
    await runLimited(models.length, MODELS_AT_ONCE, (index) => models[index].refresh(stamps.get(models[index].name)));
  }

  /** Resolves when nothing is being done for any model. */
  async settle(): Promise<void> {
    await Promise.all(this.list().map((model) => model.settle()));
  }

  /** The engine of a choice, for one row at a time: too little work for a second thread. */
  engineOf(choice: EngineChoice): Promise<LstmEngine> {
    const known = this.#engines.get(choice);
    if (known !== undefined) return known;
    const engine = this.#options.ports.createEngine(choice, 1);
    this.#engines.set(choice, engine);
    // One that failed is tried again by whoever asks next.
    engine.catch(() => this.#engines.delete(choice));
    return engine;
  }

  #context(): ServedModelContext {
    return { ...this.#options, engineOf: (choice) => this.engineOf(choice) };
  }
}
