import { flag, integer, type Settings, setting, text } from '@rinha/settings'

/** Images of another build, and the checkout whose compose file starts them, if it is not this one. */
export interface OtherStack {
  readonly images: string
  readonly directory: string | undefined
}

export const benchClusterOptions = {
  rounds: integer({
    fallback: 5,
    min: 1,
    max: 50,
    help: 'the number of measured rounds; one more is played first and not counted',
  }),
  seconds: integer({ fallback: 4, min: 2, max: 60, help: 'the length of each block of load, in seconds' }),
  rate: integer({ fallback: 600, min: 10, max: 5000, help: 'payments a second in the steady blocks' }),
  stack: setting<OtherStack | undefined>({
    valueName: 'IMAGES[@DIR]',
    help:
      'also measures these images in the same rounds. They must have been built as IMAGES-api and IMAGES-coordinator. DIR is ' +
      'a checkout whose compose and HAProxy files start them; by default those of this checkout do',
    allowed: 'the first part of image names, and behind @ a directory, such as before or before@../before',
    parse: readStack,
  }),
  cpuPreview: flag({
    help: 'plays the preview in k6 in each round instead of the blocks, and shows CPU seconds of the whole stack, p50 and p99',
  }),
  noBuild: flag({
    help: 'does not build the images of this checkout, and uses those that IMAGES and IMAGE_TAG name, as docker compose does',
  }),
  json: text({
    valueName: 'FILE',
    help: 'also writes every figure to this file, as JSON',
    allowed: 'the path of a file',
  }),
}

export type BenchClusterOptions = Settings<typeof benchClusterOptions>

function readStack(text: string): OtherStack | undefined {
  const [, images, directory] = /^([a-z0-9][a-z0-9./_-]*)(?:@(.+))?$/.exec(text) ?? []
  return images === undefined ? undefined : { images, directory }
}
