// A training process that says something and is killed.
process.once('message', () => {
  process.stderr.write('out of luck\n', () => process.kill(process.pid, 'SIGKILL'));
});
