import process from 'node:process'

/** A command of a program, with its line in the help. It resolves with the exit code. */
export interface Command {
  readonly help: string
  readonly run: (argv: readonly string[]) => Promise<number>
}

/** Runs the command that the first word of the command line names, with the other words, and ends the process. */
export async function runCommand(commands: Readonly<Record<string, Command>>): Promise<void> {
  const exitCode = await runNamed(commands, process.argv.slice(2))
  // What a pipe had no room for yet would be lost with the process.
  process.stdout.write('', () => process.exit(exitCode))
}

async function runNamed(
  commands: Readonly<Record<string, Command>>,
  argv: readonly string[],
): Promise<number> {
  const [name, ...rest] = argv
  const help = `Usage: COMMAND [options]

${Object.entries(commands)
  .map(([name, { help }]) => `  ${name.padEnd(10)} ${help}`)
  .join('\n')}

Each command has a page of its own: COMMAND --help
`
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
