import { build } from '../../tools/build.mjs'

/** Builds the bundles before the first test, so that the tests run the sources as they are now. */
export default async function buildBundles(): Promise<void> {
  await build()
}
