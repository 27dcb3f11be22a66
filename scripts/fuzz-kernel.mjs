// Fuzzes the native binding under AddressSanitizer and UndefinedBehaviorSanitizer: builds a module of its own, then runs
// kernel/fuzz.mjs on it in a Node process that has the sanitizer's runtime loaded first. Wants g++ with libasan.
//
//     npm run fuzz:kernel [-- SEED ROUNDS]
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fuzzBinding } from '../kernel/fuzz.mjs';
import { compileNative } from './build-kernel.mjs';

const script = fileURLToPath(import.meta.url);
const folder = join(dirname(script), '../kernel/build/asan');
const module = join(folder, 'lstm.node');
const [seed = '1', rounds = '20000'] = process.argv.slice(2);

if (process.env['KERNEL_FUZZ_CHILD']) {
  const counts = await fuzzBinding(createRequire(script)(module), { seed: Number(seed), rounds: Number(rounds) });
  console.log(`seed ${seed}: ${counts.accepted} calls accepted, ${counts.refused} refused, no fault`);
} else {
  const flags = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer', '-g', '-O1'];
  await compileNative({ output: module, objectFolder: folder, flags });
  const compiler = process.env['CXX'] ?? 'c++';
  const runtime = execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  const env = {
    ...process.env,
    KERNEL_FUZZ_CHILD: '1',
    LD_PRELOAD: runtime,
    // Node itself leaks by design at exit; what is looked for here is access out of bounds.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
  const { status, signal } = spawnSync(process.execPath, [script, seed, rounds], { stdio: 'inherit', env });
  if (signal) console.error(`ended by ${signal}`);
  process.exitCode = status ?? 1;
}
