"""A model provider on loopback that speaks the protocols of OpenAI and Anthropic, streams included.

It keeps what it was sent and answers what the test put in: nothing here decides anything.
"""

import http.server
import json
import threading


class Provider:
    """`answer` is the text of each answer; `fault` makes it misbehave; `calls` is what it was sent."""

    def __init__(self):
        self.calls = []
        self.gone = 0  # streams whose reader went away
        self.reset()
        handler = type("Handler", (Handler,), {"provider": self})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def reset(self):
        self.calls.clear()
        self.answer = "Paris is the capital of France."
        self.tool = None  # (name, arguments as JSON text)
        self.piece = 5  # characters of one event of a stream
        self.fault = None
        self.extra = {}  # members added to each whole answer
        self.usage = True
        self.hold = None  # an event that the stream waits for in its middle

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def cut(text, size):
    return [text[at:at + size] for at in range(0, len(text), size)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    provider = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        provider = self.provider
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        provider.calls.append({"path": self.path, "headers": headers, "body": body, "raw": raw})
        if provider.fault:
            return self.misbehave(provider.fault)
        routes = {
            "/openai/v1/chat/completions": self.chat, "/v1beta/openai/chat/completions": self.chat,
            "/v1/chat/completions": self.chat, "/v1/completions": self.completion,
            "/v1/responses": self.response, "/v1/embeddings": self.embedding,
            "/v1/messages": self.message, "/v1/messages/count_tokens": self.count}
        route = routes.get(self.path)
        if route is None:
            return self.send(404, {"error": {"message": f"no route {self.path}"}})
        anthropic = self.path.startswith("/v1/messages")
        azure = self.path.startswith("/openai/")
        key = headers.get("x-api-key" if anthropic else "api-key" if azure else "authorization")
        if anthropic and "anthropic-version" not in headers:
            return self.send(400, {"type": "error", "error": {
                "type": "invalid_request_error", "message": "anthropic-version is missing"}})
        if not key:
            return self.send(401, {"error": {"message": "no key", "type": "invalid_request_error"}})
        return route(body)

    def misbehave(self, fault):
        if isinstance(fault, int):
            return self.send(fault, {"error": {"message": f"status {fault}", "type": "x"}})
        if fault == "reset":
            self.close_connection = True
            self.connection.close()
            return None
        if fault == "wrong length":
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}")
            return None
        if fault == "no json":
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")
            return None
        raise AssertionError(fault)

    def send(self, status, body):
        if status == 200:
            body.update(self.provider.extra)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for event in events:
                data = event.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.provider.gone += 1
            self.close_connection = True

    # OpenAI

    def usage(self):
        return {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}

    def chat(self, body):
        provider = self.provider
        if body.get("stream"):
            return self.stream(self.chat_events(body))
        message = {"role": "assistant", "content": provider.answer}
        if provider.tool:
            name, arguments = provider.tool
            message["tool_calls"] = [{"id": "call_1", "type": "function",
                                      "function": {"name": name, "arguments": arguments}}]
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000,
                  "model": body["model"], "choices": [
                      {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]}
        if provider.usage:
            answer["usage"] = self.usage()
        return self.send(200, answer)

    def chat_events(self, body):
        provider = self.provider

        def event(delta, finish=None, **more):
            return "data: " + json.dumps({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000,
                "model": body["model"], **more, "choices": [
                    {"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"

        yield event({"role": "assistant", "content": ""})
        pieces = cut(provider.answer, provider.piece)
        for at, piece in enumerate(pieces):
            if provider.hold is not None and at == len(pieces) // 2:
                provider.hold.wait(10)
            yield event({"content": piece})
        if provider.tool:
            name, arguments = provider.tool
            yield event({"tool_calls": [{"index": 0, "id": "call_1", "type": "function",
                                         "function": {"name": name, "arguments": ""}}]})
            for piece in cut(arguments, provider.piece):
                yield event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        if provider.extra.get("cut off"):
            return
        yield event({}, "tool_calls" if provider.tool else "stop")
        if provider.usage and (body.get("stream_options") or {}).get("include_usage"):
            yield "data: " + json.dumps({
                "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000,
                "model": body["model"], "choices": [], "usage": self.usage()}) + "\n\n"
        yield "data: [DONE]\n\n"

    def completion(self, body):
        self.send(200, {"id": "cmpl-1", "object": "text_completion", "created": 1700000000,
                        "model": body["model"], "usage": self.usage(), "choices": [
                            {"index": 0, "text": self.provider.answer, "finish_reason": "stop"}]})

    def response_object(self, body, status, output):
        return {"id": "resp_1", "object": "response", "created_at": 1700000000, "model": body["model"],
                "status": status, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
                "output": output, "usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}}

    def response_output(self):
        provider = self.provider
        output = [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                   "content": [{"type": "output_text", "text": provider.answer, "annotations": []}]}]
        if provider.tool:
            name, arguments = provider.tool
            output.append({"id": "fc_1", "type": "function_call", "call_id": "call_1",
                           "status": "completed", "name": name, "arguments": arguments})
        return output

    def response(self, body):
        if body.get("stream"):
            return self.stream(self.response_events(body))
        return self.send(200, self.response_object(body, "completed", self.response_output()))

    def response_events(self, body):
        provider, number, output = self.provider, iter(range(1_000_000)), self.response_output()

        def event(kind, **more):
            return f"event: {kind}\ndata: " + json.dumps(
                {"type": kind, "sequence_number": next(number), **more}) + "\n\n"

        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield event("response.created", response=self.response_object(body, "in_progress", []))
        yield event("response.output_item.added", output_index=0,
                    item={**output[0], "status": "in_progress", "content": []})
        yield event("response.content_part.added", part=empty, **place)
        for piece in cut(provider.answer, provider.piece):
            yield event("response.output_text.delta", delta=piece, **place)
        yield event("response.output_text.done", text=provider.answer, **place)
        yield event("response.content_part.done", part=output[0]["content"][0], **place)
        yield event("response.output_item.done", output_index=0, item=output[0])
        for call in output[1:]:
            yield event("response.output_item.added", output_index=1,
                        item={**call, "status": "in_progress", "arguments": ""})
            for piece in cut(call["arguments"], provider.piece):
                yield event("response.function_call_arguments.delta", item_id="fc_1", output_index=1,
                            delta=piece)
            yield event("response.function_call_arguments.done", item_id="fc_1", output_index=1,
                        name=call["name"], arguments=call["arguments"])
            yield event("response.output_item.done", output_index=1, item=call)
        yield event("response.completed", response=self.response_object(body, "completed", output))

    def embedding(self, body):
        self.send(200, {"object": "list", "model": body["model"],
                        "usage": {"prompt_tokens": 3, "total_tokens": 3}, "data": [
                            {"object": "embedding", "index": 0, "embedding": [0.123456789, -0.25]}]})

    # Anthropic

    def message(self, body):
        provider = self.provider
        assert body["max_tokens"] > 0
        if body.get("stream"):
            return self.stream(self.message_events(body))
        content = [{"type": "text", "text": provider.answer}]
        if provider.tool:
            name, arguments = provider.tool
            content.append({"type": "tool_use", "id": "toolu_1", "name": name,
                            "input": json.loads(arguments)})
        return self.send(200, {
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
            "content": content, "stop_reason": "tool_use" if provider.tool else "end_turn",
            "stop_sequence": None, "usage": {"input_tokens": 11, "output_tokens": 7}})

    def message_events(self, body):
        provider = self.provider

        def event(kind, **more):
            return f"event: {kind}\ndata: " + json.dumps({"type": kind, **more}) + "\n\n"

        yield event("message_start", message={
            "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
            "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 1}})
        yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield event("ping")
        for piece in cut(provider.answer, provider.piece):
            yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        yield event("content_block_stop", index=0)
        if provider.tool:
            name, arguments = provider.tool
            yield event("content_block_start", index=1, content_block={
                "type": "tool_use", "id": "toolu_1", "name": name, "input": {}})
            for piece in cut(arguments, provider.piece):
                yield event("content_block_delta", index=1, delta={
                    "type": "input_json_delta", "partial_json": piece})
            yield event("content_block_stop", index=1)
        yield event("message_delta", usage={"output_tokens": 7}, delta={
            "stop_reason": "tool_use" if provider.tool else "end_turn", "stop_sequence": None})
        yield event("message_stop")

    def count(self, body):
        self.send(200, {"input_tokens": 11})
