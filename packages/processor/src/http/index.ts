export { createBooksClient } from './books-client.ts'
export {
  createProcessorClient,
  type HttpProcessorClient,
  type ProcessorClientOptions,
} from './processor-client.ts'
