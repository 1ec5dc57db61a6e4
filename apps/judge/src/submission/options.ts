import type { ParseArgsConfig } from 'node:util'
import { err, ok, type Result } from '@rinha/base'
import { readArguments } from '../score/options.ts'

export interface SubmissionOptions {
  /** The images' name without what they are of: `docker.io/alice/payment-cluster` for `…-api` and `…-coordinator`. */
  readonly images: string
  readonly tag: string
  readonly outDirectory: string
  readonly name: string | undefined
  readonly repositoryUrl: string | undefined
  readonly socialUrls: readonly string[]
}

const config = {
  images: { type: 'string' },
  tag: { type: 'string', default: 'latest' },
  out: { type: 'string', default: 'submission' },
  name: { type: 'string' },
  repository: { type: 'string' },
  social: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

export const submissionHelp = `Makes the folder to hand in: docker-compose.yml with image names only, haproxy.cfg, info.json, README.md. The compose
file is made from this project's docker-compose.yml and checked against the deployment rules of the challenge first.

Usage: npm run submission -- --images REGISTRY/NAME [options]

  --images REGISTRY/NAME   what the images are called up to -api and -coordinator: docker.io/alice/payment-cluster
  --tag TAG                ${config.tag.default}
  --out FOLDER             ${config.out.default}
  --name NAME              who hands it in, for info.json
  --repository URL         where the sources are, for info.json
  --social URL             a profile of theirs, for info.json; may be given more than once
  --help

Exit code: 0 the folder is written; 1 it could not be, or a rule is broken; 2 a wrong option.
`

/** The options of a command line, or one line for each that is wrong. */
export function parseSubmissionOptions(
  argv: readonly string[],
): Result<SubmissionOptions | 'help', readonly string[]> {
  const read = readArguments(argv, config)
  if (!read.ok) return read
  const values = read.value
  if (values.help) return ok('help')
  const problems: string[] = []
  const check = (name: string, value: string, isAllowed: boolean, allowed: string) => {
    if (!isAllowed) problems.push(`--${name} ${JSON.stringify(value)} is not allowed: ${allowed}`)
  }
  const { images, tag, out, name, repository, social = [] } = values
  if (images === undefined) problems.push('--images is missing: such as docker.io/alice/payment-cluster')
  else
    check(
      'images',
      images,
      isImageName(images),
      'REGISTRY/NAME in lower case, without a tag, such as docker.io/alice/payment-cluster',
    )
  check('tag', tag, /^\w[\w.-]{0,127}$/.test(tag), '1 to 128 letters, digits, dots, hyphens and underscores')
  check('out', out, out !== '', 'the path of a folder')
  if (name !== undefined) check('name', name, name.trim() !== '', 'any text that is not empty')
  if (repository !== undefined) check('repository', repository, isUrl(repository), 'an https:// address')
  for (const url of social) check('social', url, isUrl(url), 'an https:// address')
  if (images === undefined || problems.length > 0) return err(problems)
  return ok({ images, tag, outDirectory: out, name, repositoryUrl: repository, socialUrls: social })
}

/** By the grammar of image references, of which a name with an owner or a registry is wanted. */
function isImageName(text: string): boolean {
  const [first = '', ...rest] = text.split('/')
  const isPart = (part: string) => /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/.test(part)
  const isFirst = isPart(first) || /^[a-z0-9.-]+:\d{1,5}$/.test(first)
  return text.length <= 200 && rest.length > 0 && isFirst && rest.every(isPart)
}

function isUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:'
}
