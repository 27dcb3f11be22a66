// Rebuilds the WebAssembly modules with the toolchain of kernel/wasm-toolchain and notes the hash of their sources beside
// them. The modules are checked in: nobody needs the toolchain to build or use the program.
//
//     npm ci --ignore-scripts --prefix kernel/wasm-toolchain && npm run build:wasm
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hashWasmSources, WASM_MODULES, WASM_SOURCES } from './build-kernel.mjs';

const kernelFolder = join(dirname(fileURLToPath(import.meta.url)), '../kernel');
const toolchain = createRequire(join(kernelFolder, 'wasm-toolchain/package.json'));
const { runClang } = await import(pathToFileURL(toolchain.resolve('@yowasp/clang')).href);

const files = Object.fromEntries(WASM_SOURCES.map((name) => [name, readFileSync(join(kernelFolder, name))]));
const flags = [
  '--target=wasm32-unknown-unknown',
  '-std=c++17',
  '-O3',
  // It splits one address into many, and the offsets no longer fit into the loads.
  '-mllvm',
  '-disable-lsr',
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
const modules = {};
for (const [name, { extra }] of Object.entries(WASM_MODULES)) {
  // The failure carries all sources with it; Clang has said what matters on the standard error.
  const output = await runClang(['clang++', ...flags, ...extra, ...units, '-o', name], files).catch(() =>
    process.exit(1),
  );
  writeFileSync(join(kernelFolder, name), output[name]);
  modules[name] = createHash('sha256').update(output[name]).digest('hex');
  console.log(`kernel/${name}: ${output[name].length} bytes`);
}
const note = { sha256: hashWasmSources(), modules };
writeFileSync(join(kernelFolder, 'wasm-sources.json'), `${JSON.stringify(note, null, 2)}\n`);
