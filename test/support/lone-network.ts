import type { DatasetContents, LstmEngine, LstmNetwork, NetworkOptions } from '../../src/lstm/engine.js';

/** A network and the data it stands on. */
export type LoneNetworkOptions = NetworkOptions & Pick<DatasetContents, 'x' | 'y'>;

/** Opens a network on a dataset of its own, which closes with it. */
export async function openLoneNetwork(
  engine: LstmEngine,
  { x, y, ...options }: LoneNetworkOptions,
): Promise<LstmNetwork> {
  const dataset = await engine.openDataset({ featureCount: options.architecture.featureCount, x, y });
  try {
    const network = await dataset.openNetwork(options);
    const closeNetwork = network.close.bind(network);
    network.close = async () => {
      await closeNetwork();
      await dataset.close();
    };
    return network;
  } catch (error) {
    await dataset.close();
    throw error;
  }
}
