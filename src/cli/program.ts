/** The command line: verbs, flags and help. What a verb does is loaded when it is called, so that the start is quick. */

import addShellCompletion from '@bomb.sh/tab/commander';
import { Command, Option } from 'commander';
import { readCodeVersion } from '../app/code-version.js';
import type { OptionGroupName } from '../options/option-groups.js';
import { type FlagDefinition, flagOf, TRAIN_FLAGS } from '../options/train-flags.js';
import type { TrainOptionName } from '../options/train-options.js';
import { printable } from '../text/printable.js';
import { addDataVerbs } from './data-verbs.js';
import { addLedgerVerbs } from './ledger-verbs.js';
import { addModelVerbs } from './model-verbs.js';
import { addVerb, type Flags, onAction } from './verb.js';

/** Builds the program; nothing runs before it is parsed. */
export function buildProgram(): Command {
  const program = new Command('tradeai')
    .description(
      'Retrains an LSTM per crypto pair, judges it honestly, and predicts with a confidence that means what it says.',
    )
    .version(readCodeVersion(), '-V, --version')
    .showHelpAfterError('(--help shows what is possible)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(printable(text)),
      writeErr: (text) => void process.stderr.write(printable(text)),
    })
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}`.replace(' [options]', '') })
    .addHelpText(
      'after',
      '\nExamples:\n  tradeai demo\n  tradeai train --symbol BTCUSDT --epochs 50\n  tradeai predict --symbol BTCUSDT',
    );
  addTrain(program);
  addPredict(program);
  addEvaluate(program);
  addRetrain(program);
  addModelVerbs(program);
  addDataVerbs(program);
  addLedgerVerbs(program);
  addDoctor(program);
  addAudit(program);
  addReproduce(program);
  addSelftest(program);
  addFeatures(program);
  addInit(program);
  addConfig(program);
  addServe(program);
  addDemo(program);
  // Adds `completion SHELL`, which prints the script, and the hidden `complete`, which the script asks.
  addShellCompletion(program, { completionCommandName: 'completion' });
  return program;
}

function addTrain(program: Command): void {
  const command = addVerb(program, 'train', 'collect candles, train, judge, save, and promote the better model', [
    'tradeai train --symbol BTCUSDT --epochs 50',
    'tradeai train --symbol ETHUSDT --data candles.csv.gz --window 48 --hidden 64 --dropout 0.3',
    'tradeai train --symbol BTCUSDT --features return_1,rsi_14,macd,volume_z_168',
    'tradeai train --symbol BTCUSDT,ETHUSDT       several verdicts at once are adjusted (Holm)',
    'tradeai train --symbol BTCUSDT --resume      go on after Ctrl-C',
  ]);
  addTrainFlags(command);
  command.option('--all', 'every symbol of tradeai.config, else every one that candles are stored of');
  command.option('--resume [run]', 'go on with the training that was stopped, of several with the newest');
  onAction<Flags & { resume?: string | true }>(command, async (shell, flags) => {
    const { runTrain } = await import('./commands/train.js');
    await runTrain(shell, flags);
  });
}

function addPredict(program: Command): void {
  const command = addVerb(program, 'predict', 'the predicted change of the next candle, a signal, and a confidence', [
    'tradeai predict                              asks for the symbol',
    'tradeai predict BTCUSDT --json',
    'tradeai predict BTCUSDT,ETHUSDT_4h           several, by the names of their models',
    'tradeai predict --symbol BTCUSDT --data candles.csv.gz',
  ])
    .arguments('[names]')
    .option('--symbol <SYMBOLS>', 'the pair, or several with commas between; asked for on a terminal when absent')
    .option('--all', 'every model of the workspace')
    .option('--interval <INTERVAL>', 'candle length of the model (default: 1h)')
    .option('--name <NAME>', 'name of the model, when it is not the symbol')
    .option('--version-number <NUMBER>', 'another version than the champion')
    .option('--data <FILE>', 'candles from a file; its newest row is predicted')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: as in training, else UTC)')
    .option('--source <NAME>', 'candles from another source than in training')
    .option('--offline', 'use the candles that are stored, fetch nothing')
    .option('--engine <NAME>', 'auto, native, wasm or reference (default: as trained)');
  onAction<Flags>(command, async (shell, flags, [names]) => {
    const { runPredict } = await import('./commands/predict.js');
    await runPredict(shell, flags, names);
  });
}

function addEvaluate(program: Command): void {
  const command = addVerb(
    program,
    'evaluate',
    "judge a champion's options again on its newest candles; publish nothing",
    ['tradeai evaluate BTCUSDT', 'tradeai evaluate BTCUSDT --data candles.csv.gz --json'],
  )
    .arguments('<name>')
    .option('--data <FILE>', 'candles from a file')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: as in training, else UTC)')
    .option('--offline', 'use the candles that are stored, fetch nothing');
  onAction<Flags>(command, async (shell, flags, [name]) => {
    const { runEvaluate } = await import('./commands/retrain.js');
    await runEvaluate(shell, flags, name!);
  });
}

function addRetrain(program: Command): void {
  const command = addVerb(program, 'retrain', "train again with the champion's options, on its newest candles", [
    'tradeai retrain BTCUSDT',
    'tradeai retrain BTCUSDT,ETHUSDT',
    'tradeai retrain --all                        several verdicts at once are adjusted (Holm)',
  ])
    .arguments('[name]')
    .option('--all', 'every model of the workspace')
    .option('--data <FILE>', 'candles from a file')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: as in training, else UTC)')
    .option('--offline', 'use the candles that are stored, fetch nothing');
  onAction<Flags>(command, async (shell, flags, [name]) => {
    const { runRetrain } = await import('./commands/retrain.js');
    await runRetrain(shell, flags, name);
  });
}

function addSelftest(program: Command): void {
  const command = addVerb(program, 'selftest', 'test the tester: false alarms on null markets, power on planted ones', [
    'tradeai selftest',
    'tradeai selftest --null 200 --json',
    'tradeai selftest --null 200 --data candles.csv.gz    null markets rearranged from real candles',
  ])
    .option('--null [COUNT]', 'markets where nothing can be known')
    .option('--planted [COUNT]', 'markets at each strength of a planted signal')
    .option('--data <FILE>', 'real candles that null markets are rearranged from')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: UTC)')
    .option('--engine <NAME>', 'auto, native, wasm or reference');
  onAction<Flags>(command, async (shell, flags) => {
    const { runSelftestCommand } = await import('./commands/selftest.js');
    await runSelftestCommand(shell, flags);
  });
}

function addDoctor(program: Command): void {
  const command = addVerb(program, 'doctor', 'the cause of a bad model, and the command that mends it', [
    'tradeai doctor                               every trained model',
    'tradeai doctor BTCUSDT',
    'tradeai doctor BTCUSDT --data newer.csv.gz --json',
  ])
    .arguments('[symbol]')
    .option('--interval <INTERVAL>', 'candle length of the model (default: 1h)')
    .option('--name <NAME>', 'name of the model, when it is not the symbol')
    .option('--version-number <NUMBER>', 'another version than the champion')
    .option('--data <FILE>', 'candles from a file')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: as in training, else UTC)')
    .option('--source <NAME>', 'candles from another source than in training')
    .option('--offline', 'use the candles that are stored, fetch nothing');
  onAction<Flags>(command, async (shell, flags, [symbol]) => {
    const { runDoctor } = await import('./commands/doctor.js');
    await runDoctor(shell, symbol, flags);
  });
}

/** Flags of `train` that decide what a model is trained and judged on. */
const AUDIT_FLAGS: readonly TrainOptionName[] = [
  'symbol',
  'interval',
  'data',
  'timeZone',
  'source',
  'from',
  'to',
  'offline',
  'features',
  'horizon',
  'window',
  'maxGap',
  'allowConflicts',
  'allowOhlcErrors',
  'testShare',
  'validationShare',
  'folds',
  'rolling',
  'seed',
];

function addAudit(program: Command): void {
  const command = addVerb(
    program,
    'audit',
    'look for knowledge of the future in features, target, scalers and splits',
    [
      'tradeai audit --symbol BTCUSDT',
      'tradeai audit --symbol BTCUSDT --data candles.csv.gz --features return_1,rsi_14 --horizon 4',
    ],
  );
  addTrainFlags(command, ({ name }) => AUDIT_FLAGS.includes(name));
  onAction<Flags>(command, async (shell, flags) => {
    const { runAudit } = await import('./commands/audit.js');
    await runAudit(shell, flags);
  });
}

function addTrainFlags(command: Command, isWanted: (flag: FlagDefinition) => boolean = () => true): void {
  for (const { name, group, value, description } of TRAIN_FLAGS.filter(isWanted)) {
    const flag = new Option(value === undefined ? flagOf(name) : `${flagOf(name)} <${value}>`, description);
    command.addOption(flag.helpGroup(GROUP_TITLES[group]));
  }
}

const GROUP_TITLES: Readonly<Record<OptionGroupName, string>> = {
  data: 'Data:',
  features: 'Features:',
  model: 'Model:',
  training: 'Training:',
  judging: 'Judging:',
  runtime: 'Runtime:',
};

function addReproduce(program: Command): void {
  const command = addVerb(program, 'reproduce', 'train a version again and compare its weights bit for bit', [
    'tradeai reproduce BTCUSDT                    the champion',
    'tradeai reproduce BTCUSDT 3 --threads 1',
  ])
    .arguments('<name> [version]')
    .option('--data <FILE>', 'its candles, when they are not where the training found them')
    .option('--time-zone <ZONE>', 'zone of its times without an offset (default: as in training, else UTC)')
    .option('--engine <NAME>', 'another engine than the version was trained on')
    .option('--threads <COUNT>', 'threads of the engine; the result does not depend on it');
  onAction<Flags>(command, async (shell, flags, [name, version]) => {
    const { runReproduce } = await import('./commands/reproduce.js');
    await runReproduce(shell, flags, name!, version);
  });
}

function addFeatures(program: Command): void {
  const command = addVerb(program, 'features', 'the features there are, your own among them', ['tradeai features']);
  onAction<Flags>(command, async (shell) => {
    const { listFeatures } = await import('./commands/features.js');
    await listFeatures(shell);
  });
}

function addInit(program: Command): void {
  const command = addVerb(program, 'init', 'write a tradeai.config.ts with a comment on everything', [
    'tradeai init',
    'tradeai init --symbol BTCUSDT,ETHUSDT --home ~/tradeai',
  ])
    .option('--symbol <SYMBOLS>', 'pairs of the workspace, separated by commas (default: BTCUSDT)')
    .option('--force', 'write over a config that is there');
  onAction<Flags>(command, async (shell, flags) => {
    const { initWorkspace } = await import('./commands/init.js');
    await initWorkspace(shell, flags);
  });
}

function addConfig(program: Command): void {
  const config = program.command('config').description('the settings of the workspace');
  const show = addVerb(config, 'show', 'every value in force, and where it comes from', [
    'tradeai config show',
    'tradeai config show --symbol ETHUSDT --json',
  ]);
  addTrainFlags(show);
  onAction<Flags>(show, async (shell, flags) => {
    const { showConfig } = await import('./commands/config-show.js');
    await showConfig(shell, flags);
  });
}

function addServe(program: Command): void {
  const command = addVerb(
    program,
    'serve',
    'keep candles current, forecast each, retrain on schedule; API and dashboard',
    [
      'tradeai serve                                http://127.0.0.1:8080',
      'tradeai serve --port 9000 --home /srv/tradeai',
      'TRADEAI_TOKEN=… tradeai serve --host 0.0.0.0   others may come, with the token',
    ],
  )
    .option('--host <ADDRESS>', 'address that is listened on (default: 127.0.0.1)')
    .option('--port <PORT>', 'its port, 0 for any free one (default: 8080)')
    .option(
      '--stale-answers <WHAT>',
      'once a forecast is stale: hold (HOLD, with a warning) or refuse (status 503) (default: hold)',
    )
    .option('--log-level <LEVEL>', 'fatal, error, warn, info, debug, trace or silent (default: info)');
  onAction<Flags>(command, async (shell, flags) => {
    const { runServe } = await import('./commands/serve.js');
    await runServe(shell, flags);
  });
}

function addDemo(program: Command): void {
  const command = addVerb(program, 'demo', 'everything at once on a simulated market: no network, no files of yours', [
    'tradeai demo                                 trains, then serves the dashboard until Ctrl-C',
    'tradeai demo --once                          one training and one forecast',
    'tradeai demo --home /tmp/tradeai-demo        keep what it makes there',
  ])
    .option('--once', 'end after one training and its forecast')
    .option('--port <PORT>', 'port of the dashboard (default: 8080, or any free one)');
  onAction<Flags>(command, async (shell, flags) => {
    const { runDemo } = await import('./commands/demo.js');
    await runDemo(shell, flags);
  });
}
