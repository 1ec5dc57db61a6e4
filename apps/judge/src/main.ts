import { runProgram } from '@rinha/service'
import { benchCluster } from './bench/command.ts'
import { chaos } from './chaos/command.ts'
import { scoreK6 } from './k6/command.ts'
import { lab } from './lab/command.ts'
import { lesson } from './lessons/command.ts'
import { score } from './score/command.ts'
import { simulate } from './simulate/command.ts'
import { submission } from './submission/command.ts'

await runProgram([score, scoreK6, lab, simulate, lesson, chaos, submission, benchCluster])
