import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, command, type Output, StartProblem } from '@rinha/service'
import { type SubmissionOptions, submissionOptions } from './options.ts'
import { makeSubmission, missingInfo, type Submission, strangersIn } from './submission.ts'

const composeFile = 'docker-compose.yml'

/** The compose file of the working directory is read. */
export const submission: Command<SubmissionOptions> = command({
  name: 'submission',
  summary: 'make the folder to hand in to the challenge',
  typed: 'npm run submission --',
  about: `Makes the folder to hand in: docker-compose.yml with image names only, haproxy.cfg, info.json, README.md. The compose
file is made from this project's docker-compose.yml, and is first checked against the deployment rules of the challenge.`,
  options: submissionOptions,
  notes:
    'Exit code: 0 the folder is written; 1 it could not be written, or a rule is broken; 2 a wrong option.',
  work: async (options, output, complain) => {
    if (!existsSync(composeFile))
      throw new StartProblem(
        `there is no ${composeFile} in ${process.cwd()}: run it from the root of the project`,
      )
    const made = makeSubmission(readFileSync(composeFile, 'utf8'), options)
    if (!made.ok) {
      for (const line of [`${composeFile} cannot be handed in:`, ...made.error.map(each => `  ${each}`)])
        complain(line)
      return 1
    }
    write(made.value, options, output)
    return 0
  },
})

function write(submission: Submission, options: SubmissionOptions, output: Output): void {
  const { out, images, tag } = options
  const strangers = existsSync(out) ? strangersIn(readdirSync(out), submission) : []
  if (strangers.length > 0) {
    throw new StartProblem(
      `${out} holds what does not belong to a submission (${strangers.join(', ')}): ` +
        'remove it, or name another folder with --out',
    )
  }
  try {
    mkdirSync(out, { recursive: true })
    for (const [name, text] of Object.entries(submission.files)) writeFileSync(join(out, name), text)
    for (const name of submission.copied) copyFileSync(name, join(out, name))
  } catch (error) {
    throw new StartProblem(`${out} could not be written: ${(error as Error).message}`)
  }
  const names = [...Object.keys(submission.files), ...submission.copied]
  output.stdout.write(
    [
      ...names.map(name => join(out, name)),
      ...missingInfo(options),
      `Its images: docker compose build, then docker compose push, both with IMAGES=${images} IMAGE_TAG=${tag} set`,
      '',
    ].join('\n'),
  )
}
