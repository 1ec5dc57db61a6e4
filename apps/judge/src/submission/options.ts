import { required, type Settings, several, text } from '@rinha/settings'

const url = (help: string) =>
  ({
    ...text({ valueName: 'URL', help, allowed: 'an https:// address' }),
    parse: (value: string) =>
      URL.canParse(value) && new URL(value).protocol === 'https:' ? value : undefined,
  }) as const

export const submissionOptions = {
  images: required({
    ...text({
      valueName: 'REGISTRY/NAME',
      help: 'the names of the images without -api and -coordinator: docker.io/alice/payment-cluster',
      allowed: 'REGISTRY/NAME in lower case, without a tag, such as docker.io/alice/payment-cluster',
    }),
    parse: value => (isImageName(value) ? value : undefined),
  }),
  tag: text({
    fallback: 'latest',
    pattern: /^\w[\w.-]{0,127}$/,
    valueName: 'TAG',
    help: 'the tag of the images',
    allowed: '1 to 128 letters, digits, dots, hyphens and underscores',
  }),
  out: text({
    fallback: 'submission',
    valueName: 'FOLDER',
    help: 'the folder that is written',
    allowed: 'the path of a folder',
  }),
  name: text({ pattern: /\S/, valueName: 'NAME', help: 'your name, for info.json' }),
  repository: url('the address of the sources, for info.json'),
  social: several(url('the address of a profile of yours, for info.json; may be given more than once')),
}

export type SubmissionOptions = Settings<typeof submissionOptions>

/** By the grammar of image references. A name with an owner or a registry is required. */
function isImageName(text: string): boolean {
  const [first = '', ...rest] = text.split('/')
  const isPart = (part: string) => /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/.test(part)
  const isFirst = isPart(first) || /^[a-z0-9.-]+:\d{1,5}$/.test(first)
  return text.length <= 200 && rest.length > 0 && isFirst && rest.every(isPart)
}
