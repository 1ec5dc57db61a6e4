/** Loaded before a program's own code (`--import`): the first SIGUSR2 starts a CPU profile, the second writes it to PROFILE_FILE. */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const sampleUs = 200
/** @type {Session | undefined} */
let session

process.on('SIGUSR2', () => {
  if (session === undefined) {
    session = new Session()
    session.connect()
    session.post('Profiler.enable')
    session.post('Profiler.setSamplingInterval', { interval: sampleUs })
    session.post('Profiler.start')
    return
  }
  session.post('Profiler.stop', (problem, found) => {
    if (problem !== null) throw problem
    writeFileSync(process.env.PROFILE_FILE ?? '', JSON.stringify(found.profile))
  })
})
