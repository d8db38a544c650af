/**
 * The adapter for {@link https://github.com/uNetworking/uWebSockets.js | uWebSockets.js}:
 * {@link attach} a hub to an `App` of yours.
 *
 * @module roomcast/uws
 */
export { type AttachOptions, attach } from "./attach.js";
export type { UwsApp, UwsBehavior, UwsConnection, UwsRequest, UwsResponse } from "./types.js";
