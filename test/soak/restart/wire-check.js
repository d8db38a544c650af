import WebSocket from "ws";

/**
 * A WebSocket that looks at what comes before the `Connection` does, which leaves out what came twice:
 * on each line and in each room, each position comes once and in order.
 *
 * @param {(fault: string) => void} onFault
 * @param {(info: { room: string, epoch: string | undefined, seq: number }) => void} onRoomInfo
 */
export function checkedWebSocket(onFault, onRoomInfo) {
  return class extends WebSocket {
    constructor(...args) {
      super(...args);
      /** @type {Map<string, number>} */
      const positions = new Map();
      this.on("message", (data) => {
        const { type, room, seq, epoch, payload } = JSON.parse(data.toString());
        if (type === "error") onFault(`the server answered ${payload.code}: ${payload.message}`);
        if (type === "room_info") onRoomInfo({ room, epoch, seq });
        if (type === "gap") positions.set(room, payload.to);
        if (seq === undefined || type === "online_users") return;
        const due = (positions.get(room) ?? 0) + 1;
        if (type !== "room_info" && seq !== due) onFault(`${type} ${seq} came, due was ${due}`);
        positions.set(room, seq);
      });
    }
  };
}
