import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Contender } from './contender.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const peers = join(here, 'peers');

/** One of this package's engines, in a process of its own. */
export function startKernel(engine, threads, key, isa = '') {
  return new Contender({
    key,
    command: process.execPath,
    args: [join(here, 'kernel-contender.mjs'), engine, `${threads}`, isa],
  });
}

/** Everything else that can be had on this machine, and what cannot, with the reason. */
export function startPeers() {
  const contenders = [];
  const missing = [];
  const python = findPython();
  if (python) {
    const args = [join(peers, 'pytorch_peer.py')];
    // One thread, whatever library does the products.
    const env = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
    contenders.push(new Contender({ key: 'pytorch', command: python, args, env }));
  } else {
    missing.push('PyTorch: no python3 imports torch (Debian: apt-get install python3-torch libopenblas0-pthread)');
  }
  if (existsSync(join(peers, 'node_modules'))) {
    const command = process.execPath;
    const isLarge = ({ hidden }) => hidden > 128;
    contenders.push(
      new Contender({ key: 'jax-js', command, args: [join(peers, 'jax-peer.mjs')], skip: isLarge }),
      new Contender({ key: 'tfjs-wasm', command, args: [join(peers, 'tfjs-peer.mjs'), 'wasm'], skip: isLarge }),
      new Contender({
        key: 'tfjs-cpu',
        command,
        args: [join(peers, 'tfjs-peer.mjs'), 'cpu'],
        skip: ({ hidden }) => hidden > 64,
      }),
    );
  } else {
    missing.push('TensorFlow.js, jax-js: npm ci --ignore-scripts --prefix bench/peers');
  }
  return { contenders, missing };
}

/** The first interpreter that imports torch: $BENCH_PYTHON, Debian's, the one on the path. */
function findPython() {
  const candidates = [process.env['BENCH_PYTHON'], '/usr/bin/python3', 'python3'].filter((path) => path);
  return candidates.find((path) => spawnSync(path, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0);
}
