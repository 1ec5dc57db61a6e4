import { err, ok, type Result } from '@rinha/base'
import { stringify } from 'yaml'
import { at, type Fields, isFields, readCompose, servicesOf } from './compose-file.ts'
import { submissionProblems } from './compose-rules.ts'
import { mountsOf } from './compose-syntax.ts'
import type { SubmissionOptions } from './options.ts'

export interface Submission {
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>
  /** Files that lie beside the compose file and have to go with it. */
  readonly copied: readonly string[]
}

const composeHeader = `# Made from the project's docker-compose.yml, which explains it. README.md beside this says where that is.
`

/** The folder to hand in, from the text of the compose file; or what is wrong with that file, line by line. */
export function makeSubmission(
  composeText: string,
  options: SubmissionOptions,
): Result<Submission, readonly string[]> {
  const read = readCompose(composeText, { IMAGES: options.images, IMAGE_TAG: options.tag })
  if (!read.ok) return read
  const compose = withoutBuilds(read.value)
  const problems = submissionProblems(compose)
  if (problems.length > 0) return err(problems)
  const mounts = servicesOf(compose).flatMap(([, service]) => mountsOf(service))
  return ok({
    files: {
      'docker-compose.yml':
        composeHeader + stringify(compose, { aliasDuplicateObjects: false, lineWidth: 0 }),
      'info.json': `${JSON.stringify(infoOf(options), undefined, 2)}\n`,
      'README.md': readmeOf(options),
    },
    copied: [...new Set(mounts.filter(mount => mount.isBind).map(mount => mount.source.replace('./', '')))],
  })
}

function withoutBuilds(compose: Fields): Fields {
  const services = servicesOf(compose).map(([name, service]) => {
    const { build: _, ...rest } = isFields(service) ? service : {}
    return [name, rest] as const
  })
  return { ...compose, services: Object.fromEntries(services) }
}

/** info.json in the organisers' form. A required field that was not given is left out, not invented. */
function infoOf({ name, repository, social }: SubmissionOptions): object {
  return {
    ...(name === undefined ? {} : { name }),
    social,
    ...(repository === undefined ? {} : { 'source-code-repo': repository }),
    langs: ['typescript', 'node'],
    storages: [],
    messaging: [],
    'load-balancers': ['haproxy'],
    'other-technologies': ['uWebSockets.js', 'msgpack', 'undici'],
  }
}

function readmeOf({ images, tag, repository }: SubmissionOptions): string {
  const sources = repository === undefined ? '' : `\nSources and explanations: ${repository}\n`
  return `# Payment cluster

HAProxy on port 9999, two API nodes (uWebSockets.js), one coordinator. The API nodes take payments and carry them to the
coordinator over a TCP connection with msgpack frames; it alone decides which processor gets each payment, and when, and
keeps the books in memory. There is no database.

\`\`\`
client -> haproxy :9999 -> api1, api2 -> coordinator -> payment-processor-default, payment-processor-fallback
\`\`\`

Images: \`${images}-api:${tag}\`, \`${images}-coordinator:${tag}\`, \`haproxy:3.0\`.

Start the processors' compose file first (it makes the network \`payment-processor\`), then \`docker compose up\` here.
${sources}`
}

/** The fields of info.json that the organisers will miss. */
export function missingInfo({ name, repository }: SubmissionOptions): readonly string[] {
  return [
    ...(name === undefined ? ['info.json has no name: add --name'] : []),
    ...(repository === undefined ? ['info.json has no source-code-repo: add --repository'] : []),
  ]
}

/** The files of a folder that a submission would neither write nor replace. */
export function strangersIn(folder: readonly string[], { files, copied }: Submission): readonly string[] {
  return folder.filter(name => at(files, name) === undefined && !copied.includes(name))
}
