import { type Complain, interruptible, type Output, UsageProblem } from '@rinha/service'
import { printOptions } from '@rinha/settings'
import { ProgressWriter } from '../progress.ts'
import { askToForget, type Held } from '../score/may-forget.ts'
import { type NoiseFlags, noiseFlags, postedCountMax } from './options.ts'
import { noiseProgressLine, noiseRules, noiseTable } from './report.ts'
import { playNoise } from './run.ts'

/** `chaos --noise`. */
export function noise(flags: NoiseFlags, output: Output, complain: Complain): Promise<number> {
  if (flags.rate * flags.seconds > postedCountMax)
    throw new UsageProblem(
      `--rate ${flags.rate} for --seconds ${flags.seconds} is not allowed: at most ${postedCountMax} payments`,
    )
  output.stdout.write(`chaos ${printOptions(noiseFlags, flags)}\n`)
  const progress = new ProgressWriter(output.stderr)
  const say = (line: string) => progress.say(line)
  const events = {
    say,
    onProgress: (now: Parameters<typeof noiseProgressLine>[1]) => {
      if (progress.isDue) progress.show(noiseProgressLine(flags, now))
    },
  }
  return interruptible(
    async interrupt => {
      const mayForget = (held: Held) => askToForget(held, { yes: flags.yes, output, say, interrupt })
      const result = await playNoise(flags, { ...events, mayForget }, interrupt).finally(() => progress.end())
      output.stdout.write(noiseTable(flags, result))
      return noiseRules(result).every(({ held }) => held) ? 0 : 1
    },
    () => complain('interrupted; the processors make no noise any more'),
  )
}
