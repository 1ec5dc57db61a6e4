import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSubmissionOptions, type SubmissionOptions, submissionHelp } from './options.ts'
import { makeSubmission, missingInfo, type Submission, strangersIn } from './submission.ts'

const composeFile = 'docker-compose.yml'

/** The `submission` command, for the compose file of the working directory. Resolves with the exit code. */
export async function runSubmission(argv: readonly string[]): Promise<number> {
  const asked = parseSubmissionOptions(argv)
  if (!asked.ok) return giveUp(2, asked.error)
  if (asked.value === 'help') {
    process.stdout.write(submissionHelp)
    return 0
  }
  const options = asked.value
  if (!existsSync(composeFile)) {
    return giveUp(1, [`there is no ${composeFile} in ${process.cwd()}: run it from the root of the project`])
  }
  const made = makeSubmission(readFileSync(composeFile, 'utf8'), options)
  if (!made.ok)
    return giveUp(1, [`${composeFile} cannot be handed in:`, ...made.error.map(line => `  ${line}`)])
  try {
    return write(made.value, options)
  } catch (error) {
    return giveUp(1, [`${options.outDirectory} could not be written: ${(error as Error).message}`])
  }
}

function write(submission: Submission, options: SubmissionOptions): number {
  const { outDirectory, images, tag } = options
  const strangers = existsSync(outDirectory) ? strangersIn(readdirSync(outDirectory), submission) : []
  if (strangers.length > 0) {
    return giveUp(1, [
      `${outDirectory} holds what does not belong to a submission (${strangers.join(', ')}): ` +
        'remove it, or name another folder with --out',
    ])
  }
  mkdirSync(outDirectory, { recursive: true })
  for (const [name, text] of Object.entries(submission.files)) writeFileSync(join(outDirectory, name), text)
  for (const name of submission.copied) copyFileSync(name, join(outDirectory, name))
  const names = [...Object.keys(submission.files), ...submission.copied]
  process.stdout.write(
    [
      ...names.map(name => join(outDirectory, name)),
      ...missingInfo(options),
      `Its images: docker compose build, then docker compose push, both with IMAGES=${images} IMAGE_TAG=${tag} set`,
      '',
    ].join('\n'),
  )
  return 0
}

function giveUp(code: number, lines: readonly string[]): number {
  for (const line of lines) process.stderr.write(`submission: ${line}\n`)
  return code
}
