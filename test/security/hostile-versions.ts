/**
 * Versions as an attacker would make them. All hashes fit: the seal guards against accidents, so it is the parsers that
 * have to hold.
 */

import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../src/lstm/safetensors.js';
import type { ModelVersion, VersionFileName } from '../../src/ports/registry.js';
import { jsonOf, withFiles } from './trained-version.js';

/** `cos\nsystem\n(S'touch /tmp/owned'\ntR.`: runs a command when it is unpickled. */
const PICKLE = Buffer.from("cos\nsystem\n(S'touch /tmp/tradeai-owned'\ntR.");
const SCRIPT = "module.exports = require('node:child_process').execSync('touch /tmp/tradeai-owned')";

export interface HostileVersion {
  readonly what: string;
  readonly version: ModelVersion;
}

/** Every one must be refused by `importVersion`, and by loading where `isSeenByLoading`. */
export function hostileVersions(sound: ModelVersion): (HostileVersion & { readonly isSeenByLoading: boolean })[] {
  const list: (HostileVersion & { isSeenByLoading: boolean })[] = [];
  const add = (
    what: string,
    file: VersionFileName,
    content: Uint8Array | string,
    { manifest = {}, isSeenByLoading = true }: { manifest?: Record<string, unknown>; isSeenByLoading?: boolean } = {},
  ) =>
    list.push({ what: `${file}: ${what}`, version: withFiles(sound, { [file]: content }, manifest), isSeenByLoading });

  for (const [what, bytes] of hostileWeights(sound.files.get('weights.safetensors')!)) {
    add(what, 'weights.safetensors', bytes);
  }

  const config = (changes: Record<string, unknown>) => JSON.stringify({ ...jsonOf(sound, 'config.json'), ...changes });
  const text = Buffer.from(sound.files.get('config.json')!).toString('utf8');
  add('JavaScript', 'config.json', SCRIPT);
  add('an ES module', 'config.json', `export default ${text}`);
  add('YAML with a function', 'config.json', "name: !!js/function 'function () { return 1 }'");
  add('pickle', 'config.json', PICKLE);
  add('__proto__', 'config.json', text.replace('{', '{"__proto__":{"polluted":true},'));
  add('constructor', 'config.json', text.replace('{', '{"constructor":{"prototype":{"polluted":true}},'));
  add('a number that is none', 'config.json', text.replace(/"hidden": \d+/, '"hidden": NaN'));
  add('a number beyond all', 'config.json', text.replace(/"hidden": \d+/, '"hidden": 1e999'));
  add('lists in lists', 'config.json', '['.repeat(200_000));
  add('UTF-16', 'config.json', Buffer.from(text, 'utf16le'));
  for (const [what, changes] of Object.entries({
    'other hidden units': { hidden: 4_096 },
    'a billion layers': { layers: 1e9 },
    'no layers': { layers: 0 },
    'a negative window': { window: -1 },
    'half a window': { window: 4.5 },
    'a symbol that climbs': { symbol: '../../../etc/passwd' },
    'a symbol with a zero byte': { symbol: 'BTC\0' },
    'a source that climbs': { source: '../..' },
    'an interval that climbs': { interval: '1h/../..' },
    'another name': { name: 'OTHER' },
    'thousands of features': { features: Array.from({ length: 2_000 }, (_, lag) => `return_1_lag_${lag + 1}`) },
    'a feature called constructor': { features: ['constructor', 'return_1', 'volatility_24'] },
    'a hook': { onLoad: SCRIPT },
    'an engine by path': { engine: '/tmp/evil.node' },
    'a custom feature with code': { customFeatures: [{ name: 'x', compute: SCRIPT }] },
  })) {
    add(what, 'config.json', config(changes), { isSeenByLoading: what !== 'another name' });
  }
  for (const file of ['/etc/passwd', '../../outside.csv', 'C:\\Windows\\win.ini', '\\\\host\\share\\x.csv']) {
    const columns = [{ name: 'evil', file, time: 'time', value: 'value', delay: '0s' }];
    add(`a column from ${file}`, 'config.json', config({ columns }), { isSeenByLoading: false });
  }

  const scaler = (changes: Record<string, unknown>) => JSON.stringify({ ...jsonOf(sound, 'scaler.json'), ...changes });
  add('JavaScript', 'scaler.json', SCRIPT);
  add('division by zero', 'scaler.json', scaler({ scale: [0, 1, 1] }));
  add('a negative scale', 'scaler.json', scaler({ scale: [-1, 1, 1] }));
  add('texts', 'scaler.json', scaler({ mean: ['0', '0', '0'] }));
  add('too few means', 'scaler.json', scaler({ mean: [0] }));
  add('other features', 'scaler.json', scaler({ featureNames: ['a', 'b', 'c'] }));
  add('an infinite mean', 'scaler.json', scaler({}).replace(/"mean":\[[^,]+/, '"mean":[1e999'));

  add('JavaScript', 'calibration.json', SCRIPT);
  add('nothing', 'calibration.json', '{}');
  add('a method to evaluate', 'calibration.json', '{"confidence":{"method":"eval","code":"1"},"interval":{}}');

  const report = (changes: Record<string, unknown>) => JSON.stringify({ ...jsonOf(sound, 'report.json'), ...changes });
  const unseen = { isSeenByLoading: false };
  add('JavaScript', 'report.json', SCRIPT, unseen);
  add('null', 'report.json', 'null', unseen);
  add('of another model', 'report.json', report({ name: 'OTHER' }), unseen);
  add('figures that are markup', 'report.json', report({ test: { rows: '<script>alert(1)</script>' } }), unseen);
  add('reasons that are none', 'report.json', report({ reasons: { length: 1e9 } }), unseen);
  add('without a training', 'report.json', report({ training: null }), unseen);

  add('pickle', 'forecasts.safetensors', PICKLE, unseen);
  add('times that fall', 'forecasts.safetensors', forecasts([2, 1], [0, 0]), unseen);
  add('fewer scores than times', 'forecasts.safetensors', forecasts([1, 2], [0]), unseen);

  add('other weights than stated', 'config.json', text, {
    manifest: { weightsSha256: 'f'.repeat(64) },
    isSeenByLoading: false,
  });
  add('other features than stated', 'config.json', text, { manifest: { featureNames: ['a'] } });
  return list;
}

function forecasts(openTimeMs: number[], score: number[]): Uint8Array {
  return encodeSafetensors([
    { name: 'openTimeMs', dtype: 'F64', shape: [openTimeMs.length], data: Float64Array.from(openTimeMs) },
    { name: 'score', dtype: 'F64', shape: [score.length], data: Float64Array.from(score) },
  ]);
}

/** Files that call themselves weights. */
export function hostileWeights(sound: Uint8Array): [what: string, bytes: Uint8Array][] {
  const { tensors } = decodeSafetensors(sound);
  const [first] = tensors;
  const without = (names: string[]) => tensors.filter(({ name }) => !names.includes(name));
  const withHeader = (header: string, dataBytes = 16) => frame(Buffer.from(header), Buffer.alloc(dataBytes));
  const tensor = (changes: object) =>
    withHeader(JSON.stringify({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 16], ...changes } }));
  const withValue = (bits: number) => {
    const bytes = Uint8Array.from(sound);
    new DataView(bytes.buffer).setUint32(bytes.length - 4, bits, true);
    return bytes;
  };
  const withLength = (length: bigint) => {
    const bytes = Uint8Array.from(sound);
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  };
  return [
    ['pickle', PICKLE],
    ['pickle of protocol 4', Buffer.concat([Buffer.from([0x80, 4, 0x95]), PICKLE])],
    ['a zip of PyTorch', Buffer.concat([Buffer.from('PK\x03\x04'), PICKLE])],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n')],
    ['an ELF program', Buffer.from('\x7fELF\x02\x01\x01')],
    ['JavaScript', Buffer.from(SCRIPT)],
    ['nothing', new Uint8Array(0)],
    ['half of it', sound.subarray(0, sound.length >> 1)],
    ['a byte more', Buffer.concat([sound, Buffer.from([0])])],
    ['a header of 2^63 bytes', withLength(2n ** 63n)],
    ['a header of 2^64 − 1 bytes', withLength(2n ** 64n - 1n)],
    ['a header of 2^53 bytes', withLength(2n ** 53n)],
    ['a header of a million bytes too many', withLength(1_000_001n)],
    ['a weight that is NaN', withValue(0x7fc00000)],
    ['a weight that is infinite', withValue(0x7f800000)],
    ['a weight that is minus infinite', withValue(0xff800000)],
    ['offsets that lie over each other', withHeader(twice([0, 16], [8, 16]))],
    ['a hole between offsets', withHeader(twice([0, 8], [12, 16]))],
    ['negative offsets', tensor({ data_offsets: [-16, 0] })],
    ['offsets behind the end', tensor({ data_offsets: [0, 1e15] })],
    ['a shape whose product overflows', tensor({ shape: [2 ** 31, 2 ** 31, 4] })],
    ['a shape of fractions', tensor({ shape: [1.5, 2] })],
    ['a type that is none', tensor({ dtype: 'PICKLE' })],
    ['a key more', tensor({ external_data: '../../etc/passwd' })],
    ['a key twice', withHeader('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{}}')],
    ['__proto__', withHeader('{"__proto__":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}')],
    ['deep nesting', withHeader(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)],
    ['a tensor too few', encodeSafetensors(without([first.name]))],
    ['a tensor too many', encodeSafetensors([...tensors, { ...first, name: 'backdoor' }])],
    ['a tensor of another shape', encodeSafetensors(tensors.map((one, index) => (index === 0 ? flat(one) : one)))],
  ];
}

function flat(tensor: NamedTensor): NamedTensor {
  return { ...tensor, shape: [tensor.data.length] };
}

function twice(a: number[], b: number[]): string {
  const entry = ([begin, end]: number[]) => ({ dtype: 'F32', shape: [(end - begin) / 4], data_offsets: [begin, end] });
  return JSON.stringify({ a: entry(a), b: entry(b) });
}

function frame(header: Buffer, data: Buffer): Uint8Array {
  const padded = Buffer.concat([header, Buffer.alloc((8 - (header.length % 8)) % 8, 0x20)]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, data]);
}
