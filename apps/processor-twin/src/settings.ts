import { basisPoints, flag, integer, type Settings, text } from '@rinha/settings'
import { delayMsMax, type TwinOptions, twinDefaults } from './options.ts'

export const twinSchema = {
  HTTP_HOST: text({
    fallback: twinDefaults.host,
    help: 'The address to listen on. 0.0.0.0 is every address of this machine.',
  }),
  PORT: integer({ fallback: twinDefaults.port, min: 1, max: 65_535, help: 'The port to listen on.' }),
  PROCESSOR_NAME: text({
    fallback: twinDefaults.name,
    help: 'The name of this processor on GET / and in its log.',
  }),
  FEE: basisPoints({
    fallback: twinDefaults.feeBps,
    help: 'The part of each amount that the processor keeps.',
  }),
  TOKEN: text({
    fallback: twinDefaults.token,
    help: 'The X-Rinha-Token at the start. PUT /admin/configurations/token changes it.',
  }),
  DELAY_MS: integer({
    fallback: twinDefaults.delayMs,
    min: 0,
    max: delayMsMax,
    help: 'The delay before each payment, at the start. PUT /admin/configurations/delay changes it.',
  }),
  FAILURE: flag({
    fallback: twinDefaults.failing,
    help: 'true: payments fail from the start. PUT /admin/configurations/failure changes it.',
  }),
  RUNNING_COUNT_MAX: integer({
    fallback: twinDefaults.runningCountMax,
    min: 1,
    max: 100_000,
    help: 'The most payments and look-ups under way at once. Further ones wait for a place.',
  }),
  WAITING_COUNT_MAX: integer({
    fallback: twinDefaults.waitingCountMax,
    min: 0,
    max: 100_000,
    help: 'The most payments and look-ups that wait for a place. Further ones are answered 429.',
  }),
  HEALTH_WINDOW_MS: integer({
    fallback: twinDefaults.healthWindowMs,
    min: 10,
    max: 3_600_000,
    help: 'The length of a health window. One health call is answered in each window.',
  }),
  HEALTH_HEARTBEAT_MS: integer({
    fallback: twinDefaults.healthHeartbeatMs,
    min: 1,
    max: 60_000,
    help: 'How often the processor checks whether a health window has ended.',
  }),
  HEALTH_WAITING_COUNT_MAX: integer({
    fallback: twinDefaults.healthWaitingCountMax,
    min: 0,
    max: 1000,
    help: 'The most health calls that wait for the next window. Further ones are answered 429.',
  }),
  HEALTH_RESET_MS: integer({
    fallback: twinDefaults.healthResetMs,
    min: 10,
    max: 3_600_000,
    help: 'After this time without a health call, the next call starts a new window.',
  }),
  BOOK_COUNT_MAX: integer({
    fallback: twinDefaults.paymentCountMax,
    min: 1,
    max: 10_000_000,
    help: 'The most payments in its books, in memory, at most 64 bytes each. Further ones are answered 500 until a purge.',
  }),
}

export function twinOptions(settings: Settings<typeof twinSchema>): TwinOptions {
  return {
    host: settings.HTTP_HOST,
    port: settings.PORT,
    name: settings.PROCESSOR_NAME,
    feeBps: settings.FEE,
    token: settings.TOKEN,
    delayMs: settings.DELAY_MS,
    failing: settings.FAILURE,
    runningCountMax: settings.RUNNING_COUNT_MAX,
    waitingCountMax: settings.WAITING_COUNT_MAX,
    healthWindowMs: settings.HEALTH_WINDOW_MS,
    healthHeartbeatMs: settings.HEALTH_HEARTBEAT_MS,
    healthWaitingCountMax: settings.HEALTH_WAITING_COUNT_MAX,
    healthResetMs: settings.HEALTH_RESET_MS,
    paymentCountMax: settings.BOOK_COUNT_MAX,
  }
}
