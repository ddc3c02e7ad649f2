import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A visit to a gated site by java.net.http, with its own cookie manager and nothing of the wire in our hands.
 *
 * <p>Usage: java JavaVisit.java http://127.0.0.1:PORT HTTP_1_1|HTTP_2. Prints one line for each step: its name, the
 * status, and the body in base64, parted by tabs.
 */
public final class JavaVisit {
  private static final Pattern ACTION = Pattern.compile("\"action\":\"([^\"]*)\"");
  private static final Pattern CSRF_TOKEN =
      Pattern.compile("\"name\":\"csrf_token\"[^}]*?\"value\":\"([^\"]*)\"");
  private static final Pattern LOGOUT_URL = Pattern.compile("\"logout_url\":\"([^\"]*)\"");

  private final CookieHandler cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
  private final HttpClient client;
  private final String site;

  private JavaVisit(String site, HttpClient.Version version) {
    this.site = site;
    this.client = HttpClient.newBuilder().version(version).cookieHandler(cookies).build();
  }

  public static void main(String[] arguments) throws Exception {
    new JavaVisit(arguments[0], HttpClient.Version.valueOf(arguments[1])).visit();
  }

  private void visit() throws Exception {
    get("anonymous", "/account");
    String flow = get("flow", "/self-service/login/browser");
    String form =
        "{\"method\":\"password\",\"identifier\":\"demo@example.com\",\"password\":\"postern-demo\",\"csrf_token\":\""
            + find(CSRF_TOKEN, flow)
            + "\"}";
    ask("sign-in", to(find(ACTION, flow)).header("Content-Type", "application/json").POST(BodyPublishers.ofString(form)));
    Map<String, List<String>> sent = cookies.get(URI.create(site + "/account"), Map.of());
    tell("cookie", 0, String.join("; ", sent.getOrDefault("Cookie", List.of())));
    get("whoami", "/sessions/whoami");
    get("site-cookies", "/cookies");
    get("page", "/account?format=json");
    ask("head", to(site + "/account").method("HEAD", BodyPublishers.noBody()));
    ask(
        "form",
        to(site + "/account?format=json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("a=1&b=2")));
    webSocket();
    String out = get("sign-out-flow", "/self-service/logout/browser");
    ask("sign-out", to(find(LOGOUT_URL, out)).GET());
    get("signed-out", "/sessions/whoami");
  }

  private String get(String step, String path) throws Exception {
    return ask(step, to(site + path).GET());
  }

  private static HttpRequest.Builder to(String url) {
    return HttpRequest.newBuilder(URI.create(url)).header("Accept", "application/json");
  }

  private String ask(String step, HttpRequest.Builder request) throws Exception {
    var answer = client.send(request.build(), BodyHandlers.ofString());
    tell(step, answer.statusCode(), answer.body());
    return answer.body();
  }

  private void webSocket() throws Exception {
    var heard = new CompletableFuture<String>();
    var listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
            heard.complete(text.toString());
            return null;
          }

          @Override
          public void onError(WebSocket socket, Throwable error) {
            heard.completeExceptionally(error);
          }
        };
    URI url = URI.create(site.replaceFirst("^http", "ws") + "/ws");
    var socket = client.newWebSocketBuilder().buildAsync(url, listener).get(20, TimeUnit.SECONDS);
    socket.sendText("hello", true).get(20, TimeUnit.SECONDS);
    tell("web-socket", 101, heard.get(20, TimeUnit.SECONDS));
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(20, TimeUnit.SECONDS);
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) throw new IllegalStateException("no " + pattern + " in " + text);
    return matcher.group(1);
  }

  private static void tell(String step, int status, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    System.out.println(step + "\t" + status + "\t" + Base64.getEncoder().encodeToString(bytes));
  }
}
