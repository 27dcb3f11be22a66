// Builds the native kernel into dist/kernel/lstm.node, one object per instruction set, and copies the WebAssembly module.
// Without a compiler the program works on WebAssembly alone; the caller is told why.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernelFolder = join(root, 'kernel');
const run = promisify(execFile);

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
    ...['session', 'threads', 'native-session', 'binding'].map((file) => [`${file}.cc`, file, []]),
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

/** What goes into the WebAssembly module. */
export const WASM_SOURCES = [
  'lstm.cc',
  'lstm.h',
  'philox.h',
  'product.h',
  'session.cc',
  'session.h',
  'vector.h',
  'wasm.cc',
];

/** SHA-256 of the sources that kernel/lstm.wasm is built from; kernel/lstm.wasm.json holds it as of the last build. */
export function hashWasmSources() {
  return hashFiles(WASM_SOURCES);
}

function hashNativeSources() {
  return hashFiles(readdirSync(kernelFolder).filter((file) => /\.(cc|h)$/.test(file)));
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
 * Builds what this machine can into dist/kernel.
 *
 * @returns {Promise<string[]>} what could not be built and why, for people; empty when all is well
 */
export async function buildKernel({ folder = join(root, 'dist/kernel') } = {}) {
  mkdirSync(folder, { recursive: true });
  const problems = [];
  const stamp = join(folder, 'lstm.node.sha256');
  const hash = hashNativeSources();
  const isFresh = existsSync(join(folder, 'lstm.node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (!isFresh) {
    try {
      await compileNative({ output: join(folder, 'lstm.node'), objectFolder: join(root, 'kernel/build/native') });
      writeFileSync(stamp, hash);
    } catch (error) {
      const reason = error.code === 'ENOENT' ? 'no C++ compiler found' : (error.stderr || error.message).trim();
      problems.push(`native kernel not built, WebAssembly takes its place: ${reason}`);
    }
  }
  for (const file of ['lstm.wasm', 'wasm-worker.mjs']) {
    if (existsSync(join(kernelFolder, file))) copyFileSync(join(kernelFolder, file), join(folder, file));
    else problems.push(`kernel/${file} is missing`);
  }
  return problems;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const problem of await buildKernel()) console.error(problem);
}
