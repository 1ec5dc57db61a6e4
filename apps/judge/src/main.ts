import { runCommand } from '@rinha/service'
import { runChaos } from './chaos/command.ts'
import { runScoreK6 } from './k6/command.ts'
import { runLab } from './lab/command.ts'
import { runScoreCommand } from './score-command.ts'
import { runSimulate } from './simulate/command.ts'
import { runSubmission } from './submission/command.ts'

await runCommand({
  score: {
    help: 'play a schedule against the cluster and reckon the score; --start starts one',
    run: runScoreCommand,
  },
  'score-k6': { help: 'play a schedule in k6, as the organisers do, and reckon the score', run: runScoreK6 },
  lab: { help: 'play hundreds of schedules against every policy, in virtual time', run: runLab },
  simulate: { help: 'play the cluster and its faults in virtual time, seed by seed', run: runSimulate },
  chaos: {
    help: 'kill, freeze and cut off the real processes under load, and compare the books',
    run: runChaos,
  },
  submission: { help: 'make the folder to hand in to the challenge', run: runSubmission },
})
