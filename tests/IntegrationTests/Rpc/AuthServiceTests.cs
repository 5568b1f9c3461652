using System.Net;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Portico.Auth.V1;
using Portico.Domain.Users;
using Portico.IntegrationTests.Cookies;
using Portico.IntegrationTests.SecondFactors;
using Portico.Testing;

namespace Portico.IntegrationTests.Rpc;

/// <summary>Sign-in and checks by gRPC, at an address of their own.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class AuthServiceTests(CookieWorld world) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(world.Rpc);

    private Portico.Auth.V1.Auth.AuthClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task Signs_up_signs_in_checks_and_refreshes()
    {
        var email = PorticoApp.NewEmail();
        var sent = await world.App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var request = new SignUpRequest
        {
            Email = email,
            Code = FactorWorld.Wrong(await world.App.CodeAsync(email)),
            RequestId = sent.Text("requestId"),
            Password = "correct horse battery staple",
            DisplayName = "Ada",
        };
        await RefusedAsync(StatusCode.InvalidArgument, "INVALID_CODE", Client.SignUpAsync(request));
        request.Code = await world.App.CodeAsync(email);
        var registered = await Client.SignUpAsync(request);
        Assert.True(Guid.TryParse(registered.SessionId, out _));

        var signedIn = await Client.SignInAsync(Credentials(email, request.Password));
        Assert.Equal(SignInResponse.AnswerOneofCase.Tokens, signedIn.AnswerCase);
        var checkedCaller = await Client.CheckAsync(new CheckRequest(), Bearer(signedIn.Tokens.AccessToken));
        Assert.Equal(signedIn.Tokens.SessionId, checkedCaller.SessionId);
        Assert.Equal(["user"], checkedCaller.Roles);
        Assert.InRange(checkedCaller.ExpiresAt.ToDateTime(), DateTime.UtcNow, DateTime.UtcNow.AddMinutes(6));

        var refreshed = await Client.RefreshAsync(new RefreshRequest { RefreshToken = signedIn.Tokens.RefreshToken });
        Assert.Equal(signedIn.Tokens.SessionId, refreshed.SessionId);
        await RefusedAsync(
            StatusCode.Unauthenticated, "INVALID_REFRESH_TOKEN", Client.RefreshAsync(new RefreshRequest { RefreshToken = "x" }));
        await RefusedAsync(
            StatusCode.Unauthenticated, "INVALID_CREDENTIALS", Client.SignInAsync(Credentials(email, "a wrong password")));
    }

    [Fact]
    public async Task Refuses_a_text_that_the_rest_api_refuses()
    {
        var email = PorticoApp.NewEmail();
        await world.App.Client.Post("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
        var request = new SignUpRequest
        {
            Email = email,
            Code = await world.App.CodeAsync(email),
            Password = "correct horse\0battery staple",
            DisplayName = "Ada",
        };

        var problem = await world.App.Client
            .Post("auth/register", new { email, request.Code, request.Password, request.DisplayName })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        var refused = await RefusedAsync(StatusCode.InvalidArgument, "VALIDATION_FAILED", Client.SignUpAsync(request));
        var field = Assert.Single(refused.GetDetail<BadRequest>().FieldViolations);
        Assert.Equal("password", field.Field);
        Assert.Equal(problem.GetProperty("errors").GetProperty("password")[0].GetString(), field.Description);
        await RefusedAsync(StatusCode.InvalidArgument, "VALIDATION_FAILED", Client.SignInAsync(Credentials(email, "x\0")));
        await RefusedAsync(
            StatusCode.InvalidArgument, "VALIDATION_FAILED", Client.RefreshAsync(new RefreshRequest { RefreshToken = "x\0" }));
    }

    [Fact]
    public async Task A_second_factor_is_a_challenge_that_the_next_call_answers()
    {
        var person = await world.App.SignUpAsync();
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code = clock.Code() }).Json(HttpStatusCode.OK);
        await world.App.Database.ExecuteAsync("UPDATE identity.totp SET last_step = 0 WHERE user_id = $1", person.Id);

        var asked = (await Client.SignInAsync(Credentials(person.Email, person.Password))).Challenge;
        Assert.Equal([ChallengeMethod.Totp, ChallengeMethod.RecoveryCode], asked.Methods);
        SignInRequest Answer(string code) => new()
        {
            ChallengeAnswer = new ChallengeAnswer { ChallengeId = asked.ChallengeId, Method = ChallengeMethod.Totp, Code = code },
        };
        await RefusedAsync(StatusCode.InvalidArgument, "INVALID_CODE", Client.SignInAsync(Answer(FactorWorld.Wrong(clock.Code()))));
        Assert.Equal(SignInResponse.AnswerOneofCase.Tokens, (await Client.SignInAsync(Answer(clock.Code()))).AnswerCase);
    }

    [Fact]
    public async Task Check_refuses_nobody_who_lacks_the_permission_and_an_ended_session()
    {
        var person = await world.App.SignUpAsync();
        var admin = await world.App.SignUpAsync(Role.Admin);
        await RefusedAsync(StatusCode.Unauthenticated, "UNAUTHENTICATED", Client.CheckAsync(new CheckRequest()));
        await RefusedAsync(StatusCode.Unauthenticated, "UNAUTHENTICATED", Client.CheckAsync(new CheckRequest(), Bearer("nonsense")));
        var audit = new CheckRequest { Permission = "audit.read" };
        await RefusedAsync(StatusCode.PermissionDenied, "FORBIDDEN", Client.CheckAsync(audit, Bearer(person.AccessToken)));
        Assert.Equal(admin.Id.ToString(), (await Client.CheckAsync(audit, Bearer(admin.AccessToken))).Subject);

        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);
        await RefusedAsync(
            StatusCode.Unauthenticated, "UNAUTHENTICATED", Client.CheckAsync(new CheckRequest(), Bearer(person.AccessToken)));
    }

    [Fact]
    public async Task An_invalid_request_names_its_fields_and_a_call_without_time_has_no_answer()
    {
        var refusal = await RefusedAsync(StatusCode.InvalidArgument, "VALIDATION_FAILED", Client.SignInAsync(new SignInRequest()));
        Assert.Equal("proof", Assert.Single(refusal.GetDetail<BadRequest>().FieldViolations).Field);
        refusal = await RefusedAsync(
            StatusCode.InvalidArgument, "VALIDATION_FAILED", Client.SignInAsync(new SignInRequest { Credentials = new Credentials() }));
        Assert.Contains(refusal.GetDetail<BadRequest>().FieldViolations, field => field.Field == "password");
        var late = await Assert.ThrowsAsync<RpcException>(
            async () => await Client.CheckAsync(new CheckRequest(), deadline: DateTime.UtcNow.AddTicks(1)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }

    [Fact]
    public async Task Answers_health_and_reflection_and_nothing_of_the_http_api()
    {
        var health = new Health.HealthClient(_channel);
        foreach (var service in (string[])["", "portico.auth.v1.Auth", "envoy.service.auth.v3.Authorization"])
        {
            var status = await health.CheckAsync(new HealthCheckRequest { Service = service });
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, status.Status);
        }

        using var reflection = new ServerReflection.ServerReflectionClient(_channel).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));
        Assert.Contains("portico.auth.v1.Auth", reflection.ResponseStream.Current.ListServicesResponse.Service.Select(one => one.Name));

        using var http = new HttpClient
        {
            BaseAddress = world.Rpc,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (var path in (string[])["/api/v1/auth/verify", "/health/live", "/metrics", "/swagger", "/.well-known/jwks.json"])
            await http.GetAsync(path).Problem(HttpStatusCode.NotFound, "not_found");
        // Nor gRPC at the address of the API.
        using var body = new ByteArrayContent(new byte[5]);
        body.Headers.ContentType = new("application/grpc");
        await world.App.Client.PostAsync("/portico.auth.v1.Auth/Check", body).Problem(HttpStatusCode.NotFound, "not_found");
    }

    internal static async Task<Google.Rpc.Status> RefusedAsync<T>(StatusCode code, string reason, AsyncUnaryCall<T> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(code, failure.StatusCode);
        var status = failure.GetRpcStatus();
        Assert.NotNull(status);
        var info = status.GetDetail<ErrorInfo>();
        Assert.Equal(("portico", reason), (info.Domain, info.Reason));
        return status;
    }

    private static SignInRequest Credentials(string email, string password) =>
        new() { Credentials = new Credentials { Email = email, Password = password } };

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };
}
