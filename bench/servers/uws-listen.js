import uws from "uWebSockets.js";

/** Lets an app of uWebSockets.js listen on a free port; resolves to the port. */
export function listenOnUws(app) {
  return new Promise((resolve, reject) => {
    app.listen("127.0.0.1", 0, (socket) => {
      if (socket) resolve(uws.us_socket_local_port(socket));
      else reject(new Error("uWebSockets.js could not listen."));
    });
  });
}
