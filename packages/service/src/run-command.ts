import process from 'node:process'
import type { Result } from '@rinha/base'
import {
  type CommandLine,
  type CommandPage,
  parseCommandLine,
  printCommandHelp,
  type Schema,
  type Settings,
} from '@rinha/settings'
import { StartProblem } from './run-service.ts'

/** The streams of a command: results go to `stdout`, progress and errors to `stderr`. */
export interface Output {
  readonly stdout: Writer
  readonly stderr: Writer
}

/** `isTTY` and what follows it are those of a terminal. */
interface Writer {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** A command of a program, with its page and its reading of the command line. */
export interface Command<Options = unknown> {
  readonly name: string
  /** Its line in the list of commands. */
  readonly summary: string
  /** The text that `--help` prints. */
  readonly help: string
  parse(argv: readonly string[]): Result<Options, readonly string[]> | 'help'
  /** Resolves with the exit code: that of the work, 0 after the help, 2 for a wrong command line. */
  run(argv: readonly string[], output?: Output): Promise<number>
}

export interface CommandOptions<Options extends Schema, Words extends Schema>
  extends CommandLine<Options, Words>,
    CommandPage {
  readonly name: string
  readonly summary: string
  /** The streams that it writes to; by default, those of the process. */
  readonly output?: Output
  /** Resolves with the exit code. What is wrong goes through `complain`; a StartProblem is told, and is 1, a UsageProblem 2. */
  readonly work: (
    options: Settings<Options> & Settings<Words>,
    output: Output,
    complain: Complain,
  ) => Promise<number>
}

/** Writes a line on `stderr`, with the command's name before it. */
export type Complain = (line: string) => void

/** A command line that is wrong in a way that no option shows by itself: a line for each thing. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem'
  readonly lines: readonly string[]

  constructor(...lines: readonly string[]) {
    super(lines.join('\n'))
    this.lines = lines
  }
}

export function command<Options extends Schema, Words extends Schema = Record<never, never>>(
  options: CommandOptions<Options, Words>,
): Command<Settings<Options> & Settings<Words>> {
  const { name, summary, work } = options
  const help = printCommandHelp(options, options)
  return {
    name,
    summary,
    help,
    parse: argv => parseCommandLine(options, argv),
    run: async (argv, output = options.output ?? process) => {
      const complain: Complain = line => output.stderr.write(`${name}: ${line}\n`)
      try {
        const parsed = parseCommandLine(options, argv)
        if (parsed === 'help') {
          output.stdout.write(help)
          return 0
        }
        if (!parsed.ok) throw new UsageProblem(...parsed.error)
        return await work(parsed.value, output, complain)
      } catch (error) {
        if (error instanceof UsageProblem) {
          for (const line of [...error.lines, '--help shows them all']) complain(line)
          return 2
        }
        if (!(error instanceof StartProblem)) throw error
        complain(error.message)
        return 1
      }
    },
  }
}

/**
 * Runs the command that the first word of the command line names, with the other words as arguments, and ends the process.
 */
export async function runProgram(commands: readonly Command[]): Promise<void> {
  const exitCode = await runNamed(commands, process.argv.slice(2))
  // Output for which a pipe had no room yet would be lost if the process exited now.
  process.stdout.write('', () => process.exit(exitCode))
}

async function runNamed(commands: readonly Command[], argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  const help = `Usage: COMMAND [options]

${commands.map(command => `  ${command.name.padEnd(10)} ${command.summary}`).join('\n')}

Each command has a page of its own: COMMAND --help
`
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help)
    return 0
  }
  const found = commands.find(command => command.name === name)
  if (found !== undefined) return found.run(rest)
  const said = name === undefined ? 'A command is needed.' : `There is no command "${name}".`
  process.stderr.write(`${said}\n\n${help}`)
  return 2
}
