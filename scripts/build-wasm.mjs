// Rebuilds kernel/lstm.wasm with the toolchain of kernel/wasm-toolchain and notes the hash of its sources beside it.
// The module is checked in: nobody needs the toolchain to build or use the program.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hashWasmSources, WASM_SOURCES } from './build-kernel.mjs';

const kernelFolder = join(dirname(fileURLToPath(import.meta.url)), '../kernel');
const toolchain = createRequire(join(kernelFolder, 'wasm-toolchain/package.json'));
const { runClang } = await import(pathToFileURL(toolchain.resolve('@yowasp/clang')).href);

const files = Object.fromEntries(WASM_SOURCES.map((name) => [name, readFileSync(join(kernelFolder, name))]));
const flags = [
  '--target=wasm32-unknown-unknown',
  '-std=c++17',
  '-O3',
  '-ffp-contract=off',
  '-msimd128',
  '-mbulk-memory',
  '-fno-exceptions',
  '-fno-rtti',
  '-nostdlib',
  '-nostdinc++',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-DLSTM_WASM',
  '-DLSTM_VARIANT=wasm',
  '-DLSTM_KERNEL=lstmKernelWasm',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
  '-Wl,--max-memory=4294967296',
];
const units = WASM_SOURCES.filter((name) => name.endsWith('.cc'));
// The failure carries all sources with it; Clang has said what matters on the standard error.
const { 'lstm.wasm': module } = await runClang(['clang++', ...flags, ...units, '-o', 'lstm.wasm'], files).catch(() =>
  process.exit(1),
);
writeFileSync(join(kernelFolder, 'lstm.wasm'), module);
writeFileSync(
  join(kernelFolder, 'lstm.wasm.json'),
  `${JSON.stringify({ sourceSha256: hashWasmSources() }, null, 2)}\n`,
);
console.log(`kernel/lstm.wasm: ${module.length} bytes`);
