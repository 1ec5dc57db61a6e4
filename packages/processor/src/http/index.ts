export {
  createProcessorClient,
  type HttpProcessorClient,
  type ProcessorClientOptions,
} from './processor-client.ts'
