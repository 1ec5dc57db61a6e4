import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, command } from '@rinha/service'
import { integer, text } from '@rinha/settings'
import { withWrittenPart } from '../written-part.ts'
import { holdLesson } from './hold-lesson.ts'
import { lessons } from './lessons.ts'

/** The value if no lesson was asked for. */
const none = 0

export const lesson: Command = command({
  name: 'lesson',
  summary: 'show a failure and its cure on the parts that ship',
  typed: 'npm run lesson --',
  about: `Plays the experiment of a lesson twice: first without the cure, which shows the failure, then with it. It prints and draws
the results. docs/learning has a page for each lesson; the command overwrites the results in that page.`,
  words: {
    number: integer({
      fallback: none,
      min: none,
      max: lessons.length,
      valueName: 'N',
      help: 'the number of the lesson; 0 lists all lessons',
    }),
  },
  options: {
    out: text({
      fallback: join('docs', 'learning'),
      valueName: 'DIR',
      help: 'the folder of the page and the picture that the run updates',
    }),
  },
  notes:
    'Exit code: 0 the failure showed, and the cure prevented it; 1 either was not so; 2 a wrong command line.',
  work: async ({ number, out }, output) => {
    const asked = lessons[number - 1]
    if (asked === undefined) {
      const list = lessons.map(({ title }, index) => `${String(index + 1).padStart(2)}  ${title}`)
      output.stdout.write(`${list.join('\n')}\n\nnpm run lesson -- N plays one.\n`)
      return 0
    }
    const { text: told, picture, holds } = holdLesson(asked)
    output.stdout.write(`${told}\n\n`)
    await mkdir(out, { recursive: true })
    const [page, image] = [join(out, `${asked.name}.md`), `${asked.name}.svg`]
    await writeFile(join(out, image), picture)
    const text = await readFile(page, 'utf8').catch(() => `# ${asked.title}\n`)
    const part = `![${asked.chart.title}](${image})\n\n\`\`\`text\n${told}\n\`\`\``
    await writeFile(page, withWrittenPart(text, `npm run lesson -- ${number}`, part))
    output.stdout.write(`Written to ${page}, with its picture.\n`)
    return holds ? 0 : 1
  },
})
