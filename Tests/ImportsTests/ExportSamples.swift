import Files
import TestSupport

@testable import Imports

/// Small exports in the formats of the products.
enum ExportSamples {
    static let goatCounterHeader =
        "2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer,Referrer scheme,Screen size,Location,FirstVisit,Date\n"
    static let umamiHeader =
        "website_id,session_id,visit_id,event_id,hostname,browser,os,device,screen,language,country,region,city,url_path,url_query,"
        + "utm_source,utm_medium,utm_campaign,referrer_path,referrer_query,referrer_domain,page_title,gclid,event_type,event_name,"
        + "created_at\n"

    static func umami(
        _ event: String,
        session: String = "s1",
        visit: String = "v1",
        path: String = "/",
        type: String = "1",
        at time: String = "2026-01-02 10:00:00"
    ) -> String {
        "w1,\(session),\(visit),\(event),shop.example,edge-chromium,Windows 10,laptop,1440x900,de-DE,DE,BE,Berlin,\(path),?a=1,letter,"
            + "email,spring,/news,q=1,news.example,Home,,\(type),,\(time)\n"
    }

    static func matomoVisit(
        _ number: Int,
        visitor: String = "a1b2c3d4e5f60718",
        actions: [String],
        more: String = ""
    ) -> String {
        """
        {"idSite":"1","idVisit":"\(number)","visitorId":"\(visitor)","actionDetails":[\(actions.joined(separator: ","))],\
        "referrerType":"website","referrerUrl":"https:\\/\\/news.example\\/a?b=1","referrerName":"news.example","languageCode":"fr",\
        "deviceType":"Smartphone","operatingSystemName":"iOS","operatingSystemVersion":"17.2","browserName":"Mobile Safari",\
        "browserVersion":"17.2","countryCode":"fr","regionCode":"IDF","city":"Paris","resolution":"390x844"\(more)}
        """
    }

    static func matomoAction(
        _ page: Int,
        path: String = "/",
        type: String = "action",
        at seconds: Int = 1_767_348_000
    ) -> String {
        """
        {"type":"\(type)","url":"https://shop.example\(path)","pageTitle":"A \\"title\\"","pageId":"\(page)","timestamp":\(seconds)}
        """
    }

    /// Writes a file.
    static func file(_ folder: TemporaryFolder, _ bytes: some Sequence<UInt8>) throws -> String {
        let path = folder.path + "/export"
        var file = try NewFile(temporary: path + ".new")
        try file.append(Array(bytes))
        try file.publish(as: path)
        return path
    }
}
