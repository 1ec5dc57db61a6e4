import { runChaos } from './chaos/command.ts'
import { runCluster } from './cluster/command.ts'
import { runJournal } from './journal/command.ts'
import { runScoreK6 } from './k6/command.ts'
import { runLab } from './lab/command.ts'
import { runScoreCommand } from './score-command.ts'
import { runSimulate } from './simulate/command.ts'
import { runSubmission } from './submission/command.ts'

/** Every command, with its line in the help. A command resolves with the exit code. */
const commands: Readonly<
  Record<string, { help: string; run: (argv: readonly string[]) => Promise<number> }>
> = {
  cluster: { help: 'start the whole system on this machine, until Ctrl-C', run: runCluster },
  score: {
    help: 'play a schedule against the cluster and reckon the score; --start starts one',
    run: runScoreCommand,
  },
  'score-k6': { help: 'play a schedule in k6, as the organisers do, and reckon the score', run: runScoreK6 },
  lab: { help: 'play hundreds of schedules against every policy, in virtual time', run: runLab },
  simulate: { help: 'play the cluster and its faults in virtual time, seed by seed', run: runSimulate },
  chaos: {
    help: 'kill, freeze and cut off the real processes under load, and compare the books',
    run: runChaos,
  },
  journal: { help: 'read a coordinator’s journal through: verify or dump', run: runJournal },
  submission: { help: 'make the folder to hand in to the challenge', run: runSubmission },
}

const help = `Usage: COMMAND [options]

${Object.entries(commands)
  .map(([name, { help }]) => `  ${name.padEnd(10)} ${help}`)
  .join('\n')}

Each command has a page of its own: COMMAND --help
`

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help)
    return 0
  }
  const command = name === undefined ? undefined : Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    const said = name === undefined ? 'A command is needed.' : `There is no command "${name}".`
    process.stderr.write(`${said}\n\n${help}`)
    return 2
  }
  return command.run(rest)
}

const exitCode = await main(process.argv.slice(2))
// What a pipe had no room for yet would be lost with the process.
process.stdout.write('', () => process.exit(exitCode))
