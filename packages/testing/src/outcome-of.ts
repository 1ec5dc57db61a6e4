interface Writer {
  write(text: string): unknown
}

interface Command {
  run(argv: readonly string[], output: { readonly stdout: Writer; readonly stderr: Writer }): Promise<number>
}

/** What a command comes to with these words: its exit code, and what it wrote. */
export async function outcomeOf(command: Command, ...argv: readonly string[]) {
  const outcome = { code: -1, stdout: '', stderr: '' }
  outcome.code = await command.run(argv, {
    stdout: { write: text => (outcome.stdout += text) },
    stderr: { write: text => (outcome.stderr += text) },
  })
  return outcome
}
