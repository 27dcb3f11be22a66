// Builds the native kernel into dist/kernel/lstm.node, one object per instruction set, and copies the WebAssembly module.
// Without a compiler the program works on WebAssembly alone; the caller is told why.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernelFolder = join(root, 'kernel');
const run = promisify(execFile);
const LOCK_LIFETIME_MS = 180_000;

/** Optimisation without any freedom over the result: no contraction, no reassociation. */
export const KERNEL_FLAGS = [
  '-std=c++17',
  '-O3',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-Wall',
  '-Wextra',
];

const VARIANTS = {
  x64: [
    ['Avx512', 'avx512', ['-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx512bw', '-mavx2', '-mfma']],
    ['Avx2', 'avx2', ['-mavx2', '-mfma']],
  ],
  arm64: [['Neon', 'neon', []]],
};

/** Arguments that make `lstm.cc` one instruction set's kernel. */
export function variantFlags(name) {
  return [`-DLSTM_${name.toUpperCase()}`, `-DLSTM_KERNEL=lstmKernel${name}`, `-DLSTM_VARIANT=${name.toLowerCase()}`];
}

/**
 * Compiles the native module.
 *
 * @param {{ compiler?: string, arch?: string, output: string, objectFolder: string, flags?: string[] }} options
 * @returns {Promise<void>} rejects with the compiler's words
 */
export async function compileNative({ compiler, arch = process.arch, output, objectFolder, flags = [] }) {
  const variants = VARIANTS[arch];
  if (!variants) throw new Error(`no native kernel for ${arch}`);
  const command = compiler ?? process.env['CXX'] ?? 'c++';
  const include = createRequire(import.meta.url)('node-api-headers').include_dir;
  mkdirSync(objectFolder, { recursive: true });
  mkdirSync(dirname(output), { recursive: true });
  const units = [
    ...variants.map(([name, file, isa]) => ['lstm.cc', file, [...variantFlags(name), ...isa]]),
    ...['network', 'threads', 'native-network', 'binding'].map((file) => [`${file}.cc`, file, []]),
  ];
  const objects = await Promise.all(
    units.map(async ([source, file, extra]) => {
      const object = join(objectFolder, `${file}.o`);
      await run(command, [
        ...KERNEL_FLAGS,
        ...flags,
        ...extra,
        '-fPIC',
        '-fvisibility=hidden',
        `-I${include}`,
        '-c',
        join(kernelFolder, source),
        '-o',
        object,
      ]);
      return object;
    }),
  );
  const platform = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
  const fresh = `${output}.${process.pid}.tmp`;
  await run(command, ['-shared', '-pthread', ...flags, ...platform, ...objects, '-o', fresh]);
  renameSync(fresh, output);
}

/** The checked-in WebAssembly modules, and the compiler's arguments that set them apart. */
export const WASM_MODULES = {
  'lstm.wasm': { extra: [] },
  'lstm-relaxed.wasm': { extra: ['-mrelaxed-simd'] },
};

/** What goes into them. */
export const WASM_SOURCES = [
  'cells.h',
  'lstm.cc',
  'lstm.h',
  'philox.h',
  'product.h',
  'network.cc',
  'network.h',
  'vector.h',
  'wasm.cc',
];

/** SHA-256 of the sources of the WebAssembly modules; kernel/wasm-sources.json holds it as of their build. */
export function hashWasmSources() {
  return hashFiles(WASM_SOURCES);
}

/** What decides the native module: the sources, this script, and the machine. */
function hashNativeInputs() {
  const sources = readdirSync(kernelFolder).filter((file) => /\.(cc|h)$/.test(file));
  const machine = `${process.platform} ${process.arch} ${process.env['CXX'] ?? ''}`;
  return `${hashFiles([...sources, '../scripts/build-kernel.mjs'])} ${machine}`;
}

function hashFiles(names) {
  const hash = createHash('sha256');
  for (const name of [...names].sort()) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(kernelFolder, name)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * Builds what this machine can into dist/kernel. Files appear by renaming, so that a reader sees the old one or the new one;
 * of several processes at once, one builds and the others wait.
 *
 * @returns {Promise<string[]>} what could not be built and why, for people; empty when all is well
 */
export async function buildKernel({ folder = join(root, 'dist/kernel') } = {}) {
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, '.building'));
  try {
    const problems = await buildNative(folder);
    for (const file of [...Object.keys(WASM_MODULES), 'wasm-worker.mjs']) copyFresh(file, folder);
    return problems;
  } finally {
    unlock();
  }
}

async function buildNative(folder) {
  const output = join(folder, 'lstm.node');
  const stamp = `${output}.inputs`;
  const inputs = hashNativeInputs();
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return [];
  const objectFolder = join(root, 'kernel/build', `native-${process.pid}`);
  try {
    await compileNative({ output, objectFolder });
    writeFileSync(stamp, inputs);
    return [];
  } catch (error) {
    // A module of older sources would compute something else.
    rmSync(output, { force: true });
    const reason = error.code === 'ENOENT' ? 'no C++ compiler found' : (error.stderr || error.message).trim();
    return [`native kernel not built, WebAssembly takes its place: ${reason}`];
  } finally {
    rmSync(objectFolder, { recursive: true, force: true });
  }
}

function copyFresh(file, folder) {
  const target = join(folder, file);
  const content = readFileSync(join(kernelFolder, file));
  if (existsSync(target) && content.equals(readFileSync(target))) return;
  writeFileSync(`${target}.${process.pid}`, content);
  renameSync(`${target}.${process.pid}`, target);
}

/** Takes a lock folder; one older than a build can last was left by a process that died. */
async function lock(path) {
  const unlock = () => rmSync(path, { recursive: true, force: true });
  for (;;) {
    try {
      mkdirSync(path);
      return unlock;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LOCK_LIFETIME_MS) unlock();
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const problem of await buildKernel()) console.error(problem);
}
