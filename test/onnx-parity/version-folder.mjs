// Reads a version folder as another program would: the files, and what the ONNX file says of itself.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { decodeSafetensors } from '../../dist/lstm/safetensors.js';
import { membersFromSafetensors } from '../../dist/lstm/weights-file.js';

/** Field numbers of ModelProto.metadata_props and of its entries. */
const METADATA_PROPS = 14;
const KEY = 1;

/**
 * The model of a version folder, its members and its scaler.
 *
 * @throws Error when a file does not match the manifest, or the ONNX file was made for other features than the scaler
 */
export function readVersionFolder(folder) {
  const read = (name) => readFileSync(join(folder, name));
  const manifest = JSON.parse(read('manifest.json').toString());
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const found = createHash('sha256').update(read(name)).digest('hex');
    if (found !== sha256) throw new Error(`${name}: expected SHA-256 ${sha256}, was ${found}`);
  }
  const model = read('model.onnx');
  const scaler = JSON.parse(read('scaler.json').toString());
  const metadata = readMetadata(model);
  const featureNames = metadata.get('featureNames');
  if (featureNames !== JSON.stringify(scaler.featureNames)) {
    throw new Error(`model.onnx has the features ${featureNames}, scaler.json ${JSON.stringify(scaler.featureNames)}`);
  }
  const weights = read('weights.safetensors');
  const shapes = new Map(decodeSafetensors(weights).tensors.map(({ name, shape }) => [name, shape]));
  const [featureCount] = shapes.get('member.0.lstm.0.wx');
  const [hiddenUnits] = shapes.get('member.0.head.w');
  const layerCount = [...shapes.keys()].filter((name) => /^member\.0\.lstm\.\d+\.wh$/.test(name)).length;
  const architecture = { featureCount, hiddenUnits, layerCount };
  return {
    model,
    architecture,
    memberWeights: membersFromSafetensors(weights, architecture),
    windowRows: Number(metadata.get('windowRows')),
    scaler,
  };
}

function readMetadata(model) {
  const metadata = new Map();
  const reader = new BinaryReader(model);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== METADATA_PROPS) {
      reader.skip(wireType, field);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    const entry = ['', ''];
    while (reader.pos < end) {
      const [part] = reader.tag();
      entry[part === KEY ? 0 : 1] = reader.string();
    }
    metadata.set(...entry);
  }
  return metadata;
}
