import { build } from '../../tools/build.mjs'

/** Before the first test: what runs is what is built from the sources as they are now. */
export default async function buildBundles(): Promise<void> {
  await build()
}
