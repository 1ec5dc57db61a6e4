interface Writer {
  write(text: string): unknown
}

interface Command {
  run(argv: readonly string[], output: { readonly stdout: Writer; readonly stderr: Writer }): Promise<number>
}

/** The result of a command with these arguments: its exit code, and its output. */
export async function outcomeOf(command: Command, ...argv: readonly string[]) {
  const outcome = { code: -1, stdout: '', stderr: '' }
  outcome.code = await command.run(argv, {
    stdout: { write: text => (outcome.stdout += text) },
    stderr: { write: text => (outcome.stderr += text) },
  })
  return outcome
}
