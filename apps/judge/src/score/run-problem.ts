export { StartProblem as RunProblem } from '@rinha/service'
